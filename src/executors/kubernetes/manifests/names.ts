import { createHash } from 'node:crypto';
import type { Service } from '../../../model/service.ts';
import type { Task } from '../../../model/task.ts';
import { scriptLines, superviseLines } from './lines.ts';
import type { Settings } from './settings.ts';

/** The most characters that the name of a job may have. */
const longest = 63;

const hash = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length);

/**
 * The files and secrets that one version of a service reads. What still runs of an older one must not see them change, so
 * each has its own: another script, another store or other lines of ours make another name.
 */
export const versionName = ({ name, fingerprint }: Service, { store }: Pick<Settings, 'store'>): string =>
  `${name}-${hash(JSON.stringify([fingerprint, store, scriptLines, superviseLines]), 16)}`;

/** A task's job: each attempt is one of its own. Of an id that cannot be a name, what can is kept, and its hash. */
export function jobNameOf({ id, attempt }: Pick<Task, 'id' | 'attempt'>): string {
  const plain = id
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const again = attempt > 1 ? `-${attempt}` : '';
  if (plain === id && id.length + again.length <= longest) return id + again;
  const ending = `-${hash(id, 8)}${again}`;
  return `${(plain || 'job').slice(0, longest - ending.length).replace(/-+$/, '')}${ending}`;
}

/** OSCAR's names for what makes an exposed service. */
export const exposedNames = (service: string) => ({
  deployment: `${service}-dpl`,
  service: `${service}-svc`,
  autoscaler: `${service}-hpa`,
  app: `oscar-svc-exp-${service}`,
});
