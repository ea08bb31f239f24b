import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../engine/engine.ts';
import { isFull, saidBy } from '../../engine/failures.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Marks } from './labels.ts';
import { probeSpec } from './spec.ts';

/** How the files of tasks get into containers and out of them. */
export type Delivery = 'bound' | 'copied';

export interface DeliveryParts {
  engine: Engine;
  marks: Marks;
  /** A folder of this machine. */
  folder: string;
  /** As it was decided elsewhere. */
  forced?: Delivery | undefined;
}

/** Whether folders of this machine can be bound into containers. */
export interface Finding {
  /** Found out once, with an image that is there. */
  find(image: string): Promise<Delivery>;
  found(): Delivery | undefined;
}

/** What is known of an engine on this machine, and tried with any other one. */
export function findDelivery(parts: DeliveryParts): Finding {
  let found = parts.forced ?? (parts.engine.info.place === 'here' ? 'bound' : undefined);
  let trying: Promise<Delivery> | undefined;
  return {
    found: () => found,
    find: async (image) => {
      if (found) return found;
      trying ??= attempt(parts, image).finally(() => {
        trying = undefined;
      });
      found = await trying;
      return found;
    },
  };
}

/** A word that is in a file here must be read by a container. */
async function attempt({ engine, marks, folder }: DeliveryParts, image: string): Promise<Delivery> {
  const word = randomBytes(16).toString('hex');
  const place = join(folder, `probe-${word}`);
  await mkdir(place, { recursive: true, mode: 0o700 });
  await writeFile(join(place, 'word'), word, { mode: 0o600 });
  try {
    return (await readWith(engine, marks, { image, place })) === word ? 'bound' : 'copied';
  } catch (error) {
    if (mayPass(error)) throw error;
    return 'copied';
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** It is away, its disk is full, or somebody removed what was made: that says nothing about its files. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof SandboxError) || ['not-found', 'conflict'].includes(error.code)) return true;
  const said = saidBy(error.cause ?? error);
  return said === undefined || isFull(said);
}

async function readWith(engine: Engine, marks: Marks, { image, place }: { image: string; place: string }) {
  const spec = probeSpec(image, marks.passing('probe'));
  const id = await engine.create(marks.name('probe', marks.run, 'folder'), {
    ...spec,
    Cmd: ['-c', 'read -r word </oscar/probe/word; echo "$word"'],
    User: '0',
    HostConfig: { ...spec.HostConfig, Binds: [`${place}:/oscar/probe`] },
  });
  try {
    const { output } = await engine.attach(id);
    const chunks: Buffer[] = [];
    output.on('data', (chunk: Buffer) => chunks.push(chunk));
    await engine.start(id);
    const code = await engine.ended(id, 'not-running');
    // It tells whether there was a word: it was ended before.
    if (code !== 0) throw new SandboxError('unavailable', `The container that looks for our files ended (${code}).`);
    return Buffer.concat(chunks).toString().trim();
  } finally {
    await engine.remove(id);
  }
}
