import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { demandWhole, type Found, findPlace } from '../../src/daemon/place.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { SandboxError } from '../../src/model/errors.ts';
import type { ObjectsChoice } from '../../src/objects/store.ts';

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
  ['kind', { engine }, 'kind with the engine'],
  ['kind minio', { engine }, 'kind with the engine'],
  ['kind tight', { engine }, 'docker with the engine: No room: services run in containers of Docker. Make some.'],
  ['kind tight --no-fallback', { engine }, 'No room.'],
  ['kind wrong', { engine }, 'This folder lacks something.'],
  ['kind', none, `local: A cluster needs a container engine: No container engine answers: ${here} Start one.`],
  ['kind --no-fallback', none, 'A cluster needs a container engine: No container engine answers.'],
  [
    'kind embedded',
    { engine },
    '--executor kind keeps objects in the MinIO of its cluster, not in the embedded store.',
  ],
  ['kind elsewhere', { engine }, '--executor kind keeps objects in the MinIO of its cluster, not in another store.'],
  ['kubernetes elsewhere', none, 'kubernetes'],
  [
    'kubernetes elsewhere tight',
    { engine },
    'docker with the engine: No room: services run in containers of Docker. Make some.',
  ],
  [
    'kubernetes',
    none,
    '--executor kubernetes needs a store that its pods can reach: they cannot reach one on this machine.',
  ],
  [
    'kubernetes loopback',
    none,
    'The store http://127.0.0.1:9000 is on this machine, where the pods of a cluster cannot reach it.',
  ],
];

const stores: Record<string, ObjectsChoice> = {
  minio: { kind: 'minio', image: 'minio' },
  embedded: { kind: 'embedded' },
  elsewhere: { kind: 'endpoint', url: 'http://store.test', accessKey: 'key', secretKey: 'secret' },
  loopback: { kind: 'endpoint', url: 'http://127.0.0.1:9000', accessKey: 'key', secretKey: 'secret' },
};
const ground = { start: () => Promise.reject(new Error('It runs nothing.')), close: async () => undefined };
const hadIf = (flags: string[]) => async () => {
  if (flags.includes('tight')) throw new SandboxError('unavailable', 'No room.', { hint: 'Make some.' });
  if (flags.includes('wrong')) throw new SandboxError('invalid', 'This folder lacks something.');
  return ground;
};

it.each(rows)('%s', async (asked, found, place) => {
  const [executor, ...flags] = asked.split(' ');
  const decided = findPlace(
    {
      executor: executor as 'auto',
      noFallback: flags.includes('--no-fallback'),
      objects: stores[flags[0] ?? ''] ?? { kind: 'auto' },
    },
    { find: async () => found, kind: hadIf(flags), kubernetes: hadIf(flags) },
  ).then(
    ({ executor, engine, why }) => `${executor}${engine ? ' with the engine' : ''}${why ? `: ${why}` : ''}`,
    (error: Error) => error.message,
  );
  expect(await decided).toBe(place);
});

it('where the engine goes in the middle of making a cluster, services run on this machine, and why is told', async () => {
  let asked = 0;
  const why = 'The container engine does not answer.';
  const find = async () => (asked++ === 0 ? { engine } : none);
  const kind = async () => {
    throw new SandboxError('unavailable', why, { hint: 'Start it.' });
  };
  const means = { find, kind, kubernetes: kind };
  const place = await findPlace({ executor: 'kind', noFallback: false, objects: { kind: 'auto' } }, means);
  expect(place).toMatchObject({
    executor: 'local',
    why: 'The container engine does not answer: services run on this machine. Start it.',
  });
});

it('jobs that went on in containers keep the next start from running them on this machine as well', async () => {
  const objects = { kind: 'embedded' } as const;
  const work = mkdtempSync(join(tmpdir(), 'work-'));
  try {
    await demandWhole({ executor: 'local', objects }, work);
    mkdirSync(join(work, 'running'));
    writeFileSync(join(work, 'running', 'one.json'), '{}');
    await demandWhole({ executor: 'docker', objects }, work);
    await expect(demandWhole({ executor: 'local', objects }, work)).rejects.toThrow(
      'A job of this data folder runs in containers, and no engine was found for them.',
    );
  } finally {
    rmSync(work, { recursive: true });
  }
});
