import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createExposure, createReach } from '../../src/daemon/exposed.ts';
import { listenHttp, stopHttp } from '../../src/daemon/ports.ts';
import { createUndo } from '../../src/daemon/undo.ts';
import type { Deployment } from '../../src/executors/executor.ts';
import { silent } from '../../src/log.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createServices } from '../../src/store/services.ts';
import { createUsage } from '../../src/store/usage.ts';

const web: Deployment = {
  service: 'web',
  fingerprint: '',
  state: 'ready',
  instances: 1,
  lines: [],
  addresses: ['http://a'],
};

describe('where a service answers', () => {
  it('is asked of the executor now and then, not at every request', async () => {
    const clock = { now: 0 };
    let asked = 0;
    const observe = async () => {
      asked += 1;
      return [web];
    };
    const reach = createReach({ observe }, () => clock.now);
    const found = { addresses: ['http://a'], state: 'ready', reason: undefined };
    expect(await Promise.all([reach('web'), reach('web'), reach('other')])).toEqual([found, found, undefined]);
    expect(asked).toBe(1);
    clock.now = 1000;
    expect(await reach('web')).toEqual(found);
    expect(asked).toBe(2);
  });

  it('is asked again at once when the executor could not tell', async () => {
    let works = false;
    const observe = async () => {
      if (works) return [web];
      throw new Error('the engine is away');
    };
    const reach = createReach({ observe }, () => 0);
    await expect(reach('web')).rejects.toThrow('the engine is away');
    works = true;
    expect(await reach('web')).toMatchObject({ state: 'ready' });
  });
});

describe('the port of exposed services', () => {
  const open = async (exposedPort: { number: number; explicit: boolean }) => {
    const db = openDatabase(':memory:');
    const undo = createUndo();
    undo.add(db.close);
    const notes: string[] = [];
    const around = { credentials: { user: 'a', password: 'b' }, isOurHost: () => true, log: silent, now: Date.now };
    const store = { services: createServices(db), usage: createUsage(db) };
    const { open: listen } = createExposure({ around, store, executor: { observe: async () => [] } });
    const onMoved = (sentence: string) => void notes.push(sentence);
    const options = { host: '127.0.0.1', exposedPort };
    const port = await listen({ options, api: createServer(), onMoved, undo }).finally(undo.all);
    return { port, notes };
  };

  it('moves when it is taken, and says so, unless it was asked for', async () => {
    const other = createServer();
    const number = await listenHttp(other, '127.0.0.1', 0);
    const moved = await open({ number, explicit: false });
    expect(moved.port).toBeGreaterThan(number);
    expect(moved.notes).toEqual([`Port ${number} is in use: the exposed origin is on ${moved.port}.`]);
    await expect(open({ number, explicit: true })).rejects.toMatchObject({
      code: 'conflict',
      hint: expect.stringContaining('--exposed-port'),
    });
    stopHttp(other);
  });
});
