import type { Access } from '../workspace/bay.ts';

/** A user by numbers. */
export interface Identity {
  uid: number;
  gid: number;
}

/** The user that an image names, as numbers; undefined when its list of users does not know the name. */
export function identityOf(user: string, passwd: string): Identity | undefined {
  const [name = '', group = ''] = user.split(':');
  if (name === '' || name === 'root') return { uid: 0, gid: 0 };
  const lines = passwd.split('\n').map((line) => line.split(':'));
  const found = lines.find(([known, , uid]) => known === name || uid === name);
  const uid = found ? Number(found[2]) : Number(name);
  if (!Number.isInteger(uid)) return undefined;
  const own = Number(found?.[3] ?? 0);
  return { uid, gid: /^\d+$/.test(group) ? Number(group) : own };
}

/** Who must be let into a task's folder, so that the image's user can work in it and nobody else can. */
export function accessOf(user: Identity | undefined, ourUid: number): Access {
  // Root of a container is bound by no permissions, or is ourselves (an engine without root).
  if (user && (user.uid === 0 || user.uid === ourUid)) return 'owner';
  return user && ourUid === 0 ? user : 'anyone';
}
