import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EngineEvent } from '../../src/engine/engine.ts';
import { describeWith } from '../clients/installed.ts';
import { createFolder, createWay, openBehind, openPlace, type Place, usualPath } from './place.ts';

describeWith('docker', () => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace();
  });
  afterAll(() => place.close());

  it('what happens is heard, also after the engine was away; a gap is told', { timeout: 60_000 }, async () => {
    const folder = await createFolder();
    const path = join(folder.path, 'engine.sock');
    const way = await createWay(path, usualPath);
    const engine = await openBehind(path);
    const heard: EngineEvent[] = [];
    let gaps = 0;
    const stop = new AbortController();
    engine.events(place.labels, { event: (event) => heard.push(event), gap: () => gaps++ }, stop.signal);
    await expect.poll(() => gaps).toBe(1);

    const actions = (id: string) => heard.filter((event) => event.id === id).map(({ action }) => action);
    const first = await place.create('true');
    const other = await place.engine.create(place.name('other'), { ...place.spec('true'), Labels: {} });
    await place.engine.remove(other);
    await place.engine.start(first);
    await expect.poll(() => actions(first)).toContain('die');
    expect(actions(first)).toEqual(expect.arrayContaining(['create', 'start', 'die']));
    expect(heard.find(({ id }) => id === first)).toMatchObject({ kind: 'container', labels: place.labels });
    expect(actions(other)).toEqual([]);

    await way.cut();
    await place.engine.remove(first);
    await way.mend();
    await expect.poll(() => gaps).toBe(2);
    const second = await place.create('true');
    await expect.poll(() => actions(second)).toEqual(['create']);
    expect(actions(first)).not.toContain('destroy');

    stop.abort();
    await expect.poll(way.connections).toBe(0);
    await place.engine.remove(second);
    await way.close();
    await folder.remove();
  });
});
