import { provider, splitPath } from '../../model/service.ts';
import { isMap, pathOf } from './comparable.ts';
import type { Body } from './shapes.ts';

/** The buckets of the cluster's own store that these folders are in. */
function bucketsOf(service: Body, kind: 'input' | 'output'): string[] {
  const folders = Array.isArray(service[kind]) ? service[kind] : [];
  return folders.flatMap((folder) => {
    const { type, id } = provider(isMap(folder) ? String(folder.storage_provider ?? '') : '');
    return type === 'minio' && id === 'default' ? [splitPath(pathOf(folder, service)).bucket] : [];
  });
}

/** Every bucket that these services work with. */
export const bucketsOfAll = (services: readonly Body[]): Set<string> =>
  new Set(services.flatMap((service) => [...bucketsOf(service, 'input'), ...bucketsOf(service, 'output')]));

/**
 * Of a chain the last one first: whoever waits for files is there before the first one can come. A cluster starts a
 * service by a bucket only if the bucket is made for it.
 */
export function inOrder<T extends { body: Body }>(services: readonly T[]): T[] {
  const ordered: T[] = [];
  const met = new Set<T>();
  const visit = (one: T): void => {
    if (met.has(one)) return;
    met.add(one);
    const outputs = bucketsOf(one.body, 'output');
    services.filter(({ body }) => bucketsOf(body, 'input').some((bucket) => outputs.includes(bucket))).forEach(visit);
    ordered.push(one);
  };
  services.forEach(visit);
  return ordered;
}

/**
 * What a new service can be made with, when a cluster takes no bucket that is there already: it gets the outputs that are
 * in such ones by an update. Undefined when it can be made as it is.
 */
export function withoutTaken(service: Body, taken: ReadonlySet<string>): Body | undefined {
  const own = bucketsOf(service, 'input');
  const isTaken = (folder: unknown) =>
    bucketsOf({ ...service, output: [folder] }, 'output').some((bucket) => taken.has(bucket) && !own.includes(bucket));
  const outputs = Array.isArray(service.output) ? service.output : [];
  const left = outputs.filter((folder) => !isTaken(folder));
  return left.length === outputs.length ? undefined : { ...service, output: left };
}

/** The input folders that an update adds in buckets that are there already: OSCAR does not start the service by them. */
export function deafInputs(now: Body, service: Body, taken: ReadonlySet<string>): string[] {
  const paths = (one: Body) => (Array.isArray(one.input) ? one.input : []).map((folder) => pathOf(folder, one));
  const before = paths(now);
  const fresh = paths(service).filter((path) => !before.includes(path));
  const buckets = takenInputs(service, taken);
  return fresh.filter((path) => buckets.includes(splitPath(path).bucket));
}

/** The input buckets that are there already: with one of them no service can be made. */
export const takenInputs = (service: Body, taken: ReadonlySet<string>): string[] =>
  bucketsOf(service, 'input').filter((bucket) => taken.has(bucket));
