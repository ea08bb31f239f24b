import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SandboxError } from '../../src/model/errors.ts';
import type { Service } from '../../src/model/service.ts';
import { declared } from '../fakes/definitions.ts';
import { createScene } from './scene.ts';

it('serves the newest version that was saved before the call', async () => {
  const { services, loop, said } = createScene();
  services.set('demo', declared());
  loop.nudge();
  expect((await loop.serving('demo')).version).toBe(1);
  services.set('demo', declared({ script: 'echo 2' }, { version: 2 }));
  loop.nudge();
  expect((await loop.serving('demo')).version).toBe(2);
  expect(said).toEqual(['deploy demo 1', 'ready demo 1', 'deploy demo 2', 'ready demo 2']);
  await loop.close();
});

it('keeps serving the version before when the new one cannot be deployed', async () => {
  const { services, loop, said } = createScene({
    deploy: async (service) => {
      if (service.version === 2) throw new SandboxError('invalid', 'No such image.');
      return [];
    },
  });
  services.set('demo', declared());
  loop.nudge();
  await loop.serving('demo');
  services.set('demo', declared({ image: 'nope' }, { version: 2 }));
  loop.nudge();
  expect((await loop.serving('demo')).version).toBe(1);
  expect(said).toContain('failed demo: No such image.');
  await loop.close();
});

it('says why a service that never came up cannot be called, and carries on with the others', async () => {
  const { services, loop } = createScene({
    deploy: async ({ name }) => {
      if (name === 'bad') throw new SandboxError('invalid', 'No such image.');
      return [];
    },
  });
  services.set('bad', declared({ name: 'bad' }));
  services.set('good', declared({ name: 'good' }));
  loop.nudge();
  expect((await loop.serving('good')).name).toBe('good');
  await expect(loop.serving('bad')).rejects.toThrow('No such image.');
  await loop.close();
});

it('withdraws what is no longer declared', async () => {
  const { services, loop, said } = createScene();
  services.set('demo', declared());
  loop.nudge();
  await loop.serving('demo');
  services.delete('demo');
  loop.nudge();
  await expect(loop.serving('demo')).rejects.toThrow('The service demo is not ready.');
  expect(said.slice(-2)).toEqual(['withdraw demo', 'withdrawn demo']);
  await loop.close();
});

it('survives an executor that cannot be looked at', async () => {
  let broken = true;
  const { services, loop, said } = createScene({
    observe: async () => {
      if (broken) throw new Error('engine gone');
      return [];
    },
  });
  services.set('demo', declared());
  loop.nudge();
  await expect(loop.serving('demo')).rejects.toThrow('not ready');
  expect(said).toEqual(['broken: Error: engine gone']);
  broken = false;
  loop.nudge();
  expect((await loop.serving('demo')).version).toBe(1);
  await loop.close();
});

it('a call right after a start waits for the first pass', async () => {
  const { services, loop } = createScene();
  services.set('demo', declared());
  expect((await loop.serving('demo')).version).toBe(1);
  await loop.close();
});

it('jobs wait for a service whose engine or registry is away, not for one that is declared wrong', async () => {
  const { services, loop } = createScene({
    deploy: async ({ name }) => {
      throw new SandboxError(name === 'away' ? 'unavailable' : 'not-found', 'It cannot be had.');
    },
  });
  for (const name of ['away', 'wrong']) services.set(name, declared({ name }));
  loop.nudge();
  await expect(loop.serving('away')).rejects.toThrow('It cannot be had.');
  expect(loop.awaited()).toEqual(['away']);
  services.delete('away');
  expect(loop.awaited()).toEqual([]);
  await loop.close();
});

describe('a service that cannot be deployed', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** How often it was tried, and a switch that mends the executor. */
  function broken() {
    const tries: number[] = [];
    const state = { broken: true };
    const deploy = async ({ version }: Service) => {
      tries.push(version);
      if (state.broken) throw new SandboxError('unavailable', 'The engine is away.');
      return [];
    };
    return { ...createScene({ deploy, observe: async () => [] }), tries, state };
  }

  it('is tried again after a second, then two, then four, also when the clock is set back', async () => {
    const { services, loop, tries } = broken();
    services.set('demo', declared());
    loop.nudge();
    await vi.advanceTimersByTimeAsync(0);
    for (const [i, pause] of [1000, 2000, 4000].entries()) {
      vi.setSystemTime(Date.now() - 3_600_000);
      await vi.advanceTimersByTimeAsync(pause - 1);
      loop.nudge();
      await vi.advanceTimersByTimeAsync(0);
      expect(tries.length).toBe(i + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(tries.length).toBe(i + 2);
    }
    await loop.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is told once, as long as it fails in the same way', async () => {
    const { services, loop, said, tries } = broken();
    services.set('demo', declared());
    loop.nudge();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(tries.length).toBe(4);
    expect(said).toEqual(['failed demo: The engine is away.']);
    await loop.close();
  });

  it('is tried at once when it was deleted and created again', async () => {
    const { services, loop, tries, state } = broken();
    services.set('demo', declared());
    loop.nudge();
    await expect(loop.serving('demo')).rejects.toThrow('The engine is away.');
    services.delete('demo');
    loop.nudge();
    await vi.advanceTimersByTimeAsync(0);
    await expect(loop.serving('demo')).rejects.toThrow('The service demo is not ready.');
    state.broken = false;
    services.set('demo', declared({}, { version: 2 }));
    loop.nudge();
    expect((await loop.serving('demo')).version).toBe(2);
    expect(tries).toEqual([1, 2]);
    await loop.close();
  });

  it('is tried at once when it is saved again without a change', async () => {
    const { services, loop, tries, state } = broken();
    services.set('demo', declared());
    loop.nudge();
    await vi.advanceTimersByTimeAsync(0);
    state.broken = false;
    services.set('demo', declared({}, { version: 2 }));
    loop.nudge();
    expect((await loop.serving('demo')).version).toBe(2);
    expect(tries).toEqual([1, 2]);
    await loop.close();
  });
});
