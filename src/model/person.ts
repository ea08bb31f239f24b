import { createHash } from 'node:crypto';
import type { Definition } from './service.ts';

/** Who asks: the administrator, or someone whom an OIDC issuer vouches for. */
export interface Person {
  kind: 'admin' | 'user';
  /** Who owns what they declare. OSCAR: `cluster_admin`, or the subject of their token. */
  uid: string;
  /** As labels and tags name them. */
  name: string;
  /** Where their services are. */
  namespace: string;
  /** The groups (virtual organisations) they are in; the administrator needs none. */
  groups: string[];
}

/** OSCAR: where services are that the administrator declares. */
export const servicesNamespace = 'oscar-svc';

/** Who holds the sandbox's own name and password. */
export const administrator: Person = {
  kind: 'admin',
  uid: 'cluster_admin',
  name: 'oscar',
  namespace: servicesNamespace,
  groups: [],
};

type Guarded = Pick<Definition, 'visibility' | 'owner' | 'allowed_users'>;

/** May they read and call it? OSCAR: a visibility that is none hides a service even from its owner. */
export function maySee({ visibility, owner, allowed_users }: Guarded, person: Person): boolean {
  if (person.kind === 'admin' || visibility === 'public') return true;
  if (visibility === 'private') return owner === person.uid;
  return visibility === 'restricted' && (owner === person.uid || allowed_users.includes(person.uid));
}

/** May they change, stop and remove it? */
export const mayManage = ({ owner }: Guarded, person: Person): boolean =>
  person.kind === 'admin' || owner === person.uid;

/** A name as OSCAR writes it into labels and tags: without accents, `_` for a blank. */
export const labelOf = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/\p{Mark}/gu, '')
    .replaceAll(' ', '_');

/** OSCAR: what is before the `@` of a name like `0af3@egi.eu`; else all of it. */
export const shortUid = (uid: string): string => /^([0-9a-z]+)@/.exec(uid)?.[1] ?? uid;

/** Names by which the administrator's things are known: no user may come under one. */
export const isReserved = (uid: string): boolean => ['', administrator.uid, administrator.name].includes(uid.trim());

const longestNamespace = 18;

/** Where the services of a user are. OSCAR: 18 characters, of a short uid with some of its hash. */
export function namespaceOf(uid: string): string {
  const plain = uid
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '');
  const room = longestNamespace - servicesNamespace.length - 1;
  const start = plain.slice(0, room).replace(/-+$/, '');
  return `${servicesNamespace}-${start}${createHash('sha1').update(uid).digest('hex')}`.slice(0, longestNamespace);
}
