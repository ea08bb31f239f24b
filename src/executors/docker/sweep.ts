import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Engine } from '../../engine/engine.ts';
import { removeTree } from '../workspace/removal.ts';
import { type Marks, roleOf } from './labels.ts';
import type { JobRecord } from './records.ts';

/** What tasks run in: the containers that go when the sandbox stops. */
export const passing = ['worker', 'job', 'network', 'probe'];

/** Removes the places of containers that are gone, but not those of jobs that went on. */
export async function sweepPlaces(places: string, left: JobRecord[]): Promise<void> {
  if (!existsSync(places)) return;
  const kept = new Set(left.map(({ place }) => basename(place)));
  for (const name of await readdir(places)) if (!kept.has(name)) await removeTree(join(places, name));
}

/** Removes every container that tasks ran in. */
export async function sweepContainers(engine: Engine, marks: Marks): Promise<void> {
  const found = await engine.list(marks.all);
  const gone = found.filter(({ labels }) => passing.includes(roleOf(labels) ?? ''));
  await Promise.all(gone.map(({ id }) => engine.remove(id)));
}
