import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { demandWhole, type Found, findPlace } from '../../src/daemon/place.ts';
import type { Engine } from '../../src/engine/engine.ts';

const engine = { info: { product: 'Docker' } } as Engine;
const none: Found = { why: 'No container engine answers.', hint: 'Start one.' };
const here = 'services run on this machine.';

type Row = [asked: string, found: Found, place: string];
const rows: Row[] = [
  ['auto', { engine }, 'docker with the engine'],
  ['auto', none, `local: No container engine answers: ${here}`],
  ['docker', { engine }, 'docker with the engine'],
  ['docker', none, `local: No container engine answers: ${here}`],
  ['docker --no-fallback', none, 'No container engine answers.'],
  ['auto --no-fallback', none, `local: No container engine answers: ${here}`],
  ['local', { engine }, 'local'],
  ['local minio', { engine }, 'local with the engine'],
  ['local minio', none, '--objects minio needs a container engine: No container engine answers.'],
  ['auto minio', none, '--objects minio needs a container engine: No container engine answers.'],
  [
    'kind',
    { engine },
    'docker with the engine: This version does not have the executor kind: services run in containers of Docker.',
  ],
  ['kind', none, `local: This version does not have the executor kind, and no container engine answers: ${here}`],
  ['kind --no-fallback', { engine }, 'This version does not have the executor kind.'],
];

it.each(rows)('%s', async (asked, found, place) => {
  const [executor, ...flags] = asked.split(' ');
  const decided = findPlace(
    {
      executor: executor as 'auto',
      noFallback: flags.includes('--no-fallback'),
      objects: flags.includes('minio') ? { kind: 'minio', image: 'minio' } : { kind: 'embedded' },
    },
    async () => found,
  ).then(
    ({ executor, engine, why }) => `${executor}${engine ? ' with the engine' : ''}${why ? `: ${why}` : ''}`,
    (error: Error) => error.message,
  );
  expect(await decided).toBe(place);
});

it('jobs that went on in containers keep the next start from running them on this machine as well', async () => {
  const work = mkdtempSync(join(tmpdir(), 'work-'));
  try {
    await demandWhole({ executor: 'local' }, work);
    mkdirSync(join(work, 'running'));
    writeFileSync(join(work, 'running', 'one.json'), '{}');
    await demandWhole({ executor: 'docker' }, work);
    await expect(demandWhole({ executor: 'local' }, work)).rejects.toThrow(
      'A job of this data folder runs in containers, and no engine was found for them.',
    );
  } finally {
    rmSync(work, { recursive: true });
  }
});
