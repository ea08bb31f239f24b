import type { Container, Engine } from '../../../engine/engine.ts';
import type { Service } from '../../../model/service.ts';
import type { Marks } from '../labels.ts';

const ROLE = 'oscar-sandbox.role';
const SERVICE = 'oscar-sandbox.service';
const FINGERPRINT = 'oscar-sandbox.fingerprint';
const FILES = 'oscar-sandbox.files';
const RESTARTED = 'oscar-sandbox.restarted';

/** What all instances of exposed services carry. */
export const exposedLabels = (labels: Record<string, string>) => ({ ...labels, [ROLE]: 'exposed' });

/** Whose instance it is. */
export const serviceOf = ({ labels }: Container): string => labels[SERVICE] ?? '';

/** What the instance's service was declared as. */
export const fingerprintOf = ({ labels }: Container): string => labels[FINGERPRINT] ?? '';

/** When its servers had been told to begin anew when it was made. */
export const restartedOf = ({ labels }: Container): number => Number(labels[RESTARTED] ?? 0);

/** The name of the folder that holds the instance's files. */
export const filesOf = ({ labels }: Container): string => labels[FILES] ?? '';

/** How the instances of one service are called and marked. */
export interface Names {
  /** A name that no other has: `oscar-sandbox-<id>-exposed-<service>-<number>`. */
  next(): string;
  labels(service: Service, files: string): Record<string, string>;
  /** All that are there. */
  find(): Promise<Container[]>;
}

export function createNames(service: string, { engine, marks }: { engine: Engine; marks: Marks }): Names {
  const own = { ...exposedLabels(marks.all), [SERVICE]: service };
  const prefix = marks.name('exposed', service, '');
  let count = 0;
  return {
    next: () => {
      count += 1;
      return prefix + count;
    },
    labels: ({ fingerprint, restartedAt }, files) => ({
      ...own,
      [FINGERPRINT]: fingerprint,
      [FILES]: files,
      ...(restartedAt ? { [RESTARTED]: String(restartedAt) } : {}),
    }),
    find: async () => {
      const found = await engine.list(own);
      count = Math.max(count, ...found.map(({ name }) => Number(name.slice(prefix.length)) || 0));
      return found;
    },
  };
}
