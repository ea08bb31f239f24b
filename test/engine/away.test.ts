import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { describeWith } from '../clients/installed.ts';
import { createFolder, createWay, openBehind, openPlace, type Place, usualPath } from './place.ts';

describeWith('docker', () => {
  let place: Place;
  let folder: Awaited<ReturnType<typeof createFolder>>;
  let way: Awaited<ReturnType<typeof createWay>>;
  let engine: Engine;
  let id: string;
  beforeAll(async () => {
    place = await openPlace();
    folder = await createFolder();
    way = await createWay(join(folder.path, 'engine.sock'), usualPath);
    engine = await openBehind(join(folder.path, 'engine.sock'));
    id = await place.create('/bin/sh', '-c', 'echo begun; sleep 600');
    await place.engine.start(id);
  });
  afterAll(async () => {
    await place.close();
    await folder.remove();
  });

  it('an engine that goes away ends everything that waits for it', async () => {
    const waits = engine.ended(id, 'not-running');
    const waiting = expect(waits).rejects.toMatchObject({ code: 'unavailable' });
    const logs = await engine.logs(id);
    const attached = await engine.attach(id);
    attached.input.on('error', () => undefined);
    // It is never told all of it; until it is, the engine does nothing else with this container.
    const files = new PassThrough();
    files.write(Buffer.alloc(512));
    const copying = expect(engine.copyIn(id, '/tmp', files)).rejects.toMatchObject({ code: 'unavailable' });
    const listening = Promise.all([text(logs), text(attached.output), text(attached.errors)]);
    await expect.poll(way.connections).toBeGreaterThanOrEqual(4);

    await way.cut();
    await Promise.all([waiting, copying]);
    expect((await listening)[0]).toMatch(/^(begun\n)?$/);
    expect(files.destroyed).toBe(true);
  });

  const labels = { 'oscar-sandbox.data': 'nobody' };
  const calls: [name: string, call: () => Promise<unknown>][] = [
    ['ping', () => engine.ping()],
    ['image', () => engine.image('busybox')],
    ['pull', () => engine.pull('127.0.0.1:1/x', () => undefined)],
    ['create', () => engine.create(place.name('away'), place.spec('true'))],
    ['attach', () => engine.attach(id)],
    ['start', () => engine.start(id)],
    ['ended', () => engine.ended(id, 'next-exit')],
    ['inspect', () => engine.inspect(id)],
    ['list', () => engine.list(labels)],
    ['logs', () => engine.logs(id)],
    ['kill', () => engine.kill(id)],
    ['remove', () => engine.remove(id)],
    ['rename', () => engine.rename(id, 'other')],
    ['has', () => engine.has(id, '/tmp')],
    ['copyIn', () => engine.copyIn(id, '/tmp', new PassThrough().end())],
    ['copyOut', () => engine.copyOut(id, '/tmp')],
    ['cpuTime', () => engine.cpuTime(id)],
    ['network', () => engine.network('away', labels)],
    ['networks', () => engine.networks(labels)],
    ['removeNetwork', () => engine.removeNetwork('away')],
    ['volume', () => engine.volume('away', labels)],
    ['volumes', () => engine.volumes(labels)],
    ['removeVolume', () => engine.removeVolume('away')],
  ];
  it.each(calls)('%s says that the engine does not answer', async (_name, call) => {
    await expect(call()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^.*The container engine at unix:.* does not answer: .*\.$/),
    });
  });

  it('works again when the engine is back', async () => {
    await way.mend();
    await engine.ping();
    expect(await engine.inspect(id)).toMatchObject({ state: 'running' });
    await way.close();
  });
});
