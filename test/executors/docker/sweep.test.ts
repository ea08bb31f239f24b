import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEngine } from '../../../src/engine/docker.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { removeLabelled } from '../../../src/engine/labelled.ts';
import { usualSocket } from '../../../src/engine/places.ts';
import { takeUp } from '../../../src/executors/docker/adopt.ts';
import { findDelivery } from '../../../src/executors/docker/delivery.ts';
import { createErrands } from '../../../src/executors/docker/errands.ts';
import { createMarks, type Marks, type Role } from '../../../src/executors/docker/labels.ts';
import { createRecords } from '../../../src/executors/docker/records.ts';
import { probeSpec } from '../../../src/executors/docker/spec.ts';
import { silent } from '../../../src/log.ts';
import { SandboxError } from '../../../src/model/errors.ts';
import { describeWith } from '../../clients/installed.ts';

describeWith('docker', () => {
  let engine: Engine;
  let folder: string;
  let id: string;
  /** Two runs of one sandbox, the one before and this one. */
  let before: Marks;
  let marks: Marks;
  beforeEach(async () => {
    engine = await openEngine({ at: usualSocket, credentialsFor: async () => undefined });
    folder = await mkdtemp(join(tmpdir(), 'sweep-'));
    id = `test${randomBytes(4).toString('hex')}`;
    [before, marks] = [createMarks(id), createMarks(id)];
  });
  afterEach(async () => {
    await removeLabelled(engine, marks.all);
    await rm(folder, { recursive: true });
  });
  const create = (of: Marks, role: Role, name: string) =>
    engine.create(of.name(role, 'demo', of.run, name), probeSpec('busybox', of.passing(role, 'demo')));

  it('what the run before had asked for and the engine made late is removed, but nothing of this run', async () => {
    const errands = createErrands(silent);
    const closing = new AbortController();
    const records = createRecords(join(folder, 'running'));
    const parts = { engine, marks, records, tasks: folder, isWanted: () => true, errands, closing, log: silent };
    await create(before, 'worker', 'in-time');
    expect(await takeUp({ ...parts, againMs: 500 })).toEqual([]);
    expect(await engine.list(marks.all)).toEqual([]);
    await create(before, 'worker', 'late');
    const ours = await create(marks, 'worker', 'ours');
    await errands.done();
    expect((await engine.list(marks.all)).map((one) => one.id)).toEqual([ours]);
  });

  it('nothing is looked for once the sandbox stops', async () => {
    const errands = createErrands(silent);
    const closing = new AbortController();
    const records = createRecords(join(folder, 'running'));
    await takeUp({ engine, marks, records, tasks: folder, isWanted: () => true, errands, closing, log: silent });
    const late = await create(before, 'worker', 'late');
    closing.abort();
    await errands.done();
    expect((await engine.list(marks.all)).map((one) => one.id)).toEqual([late]);
  });

  it('one odd failure does not decide how files get into containers', async () => {
    const full = Object.assign(new Error('no space left on device'), { statusCode: 500 });
    const failures: Error[] = [
      new SandboxError('unavailable', 'No space is left.', { cause: full }),
      new SandboxError('not-found', 'No such container.'),
      new SandboxError('unavailable', 'It does not answer.', { cause: new Error('ECONNRESET') }),
    ];
    const odd: Engine = {
      ...engine,
      create: (...args) => {
        const failure = failures.shift();
        return failure ? Promise.reject(failure) : engine.create(...args);
      },
    };
    const finding = findDelivery({ engine: { ...odd, info: { ...engine.info, place: 'remote' } }, marks, folder });
    for (const { message } of [...failures]) await expect(finding.find('busybox')).rejects.toThrow(message);
    expect(finding.found()).toBeUndefined();
    expect(await finding.find('busybox')).toBe(engine.info.place === 'here' ? 'bound' : 'copied');
  });

  it('an engine that does not take a folder of this machine has files copied', async () => {
    const denied = Object.assign(new Error('Mounts denied: the path is not shared'), { statusCode: 500 });
    const create = () => Promise.reject(new SandboxError('unavailable', 'It says: denied', { cause: denied }));
    const info = { ...engine.info, place: 'machine' as const };
    const finding = findDelivery({ engine: { ...engine, info, create }, marks, folder });
    expect(await finding.find('busybox')).toBe('copied');
    expect(finding.found()).toBe('copied');
  });
});
