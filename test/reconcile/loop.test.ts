import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Deployment, Executor } from '../../src/executors/executor.ts';
import { SandboxError } from '../../src/model/errors.ts';
import type { Service } from '../../src/model/service.ts';
import { createLoop, type LoopParts } from '../../src/reconcile/loop.ts';
import type { Services } from '../../src/store/services.ts';
import { declared } from '../fakes/definitions.ts';

/** An executor that only remembers what it was told, and the services that the loop is to look at. */
function scene(change: Partial<Executor> = {}) {
  const said: string[] = [];
  const running = new Map<string, Deployment>();
  const services = new Map<string, Service>();
  const executor: Executor = {
    probe: async () => ({ ok: true, detail: '' }),
    observe: async () => [...running.values()],
    deploy: async ({ name, fingerprint, version }) => {
      said.push(`deploy ${name} ${version}`);
      running.set(name, { service: name, fingerprint, state: 'ready', instances: 1, lines: [] });
      return [];
    },
    withdraw: async (name) => {
      said.push(`withdraw ${name}`);
      running.delete(name);
    },
    run: () => Promise.reject(new Error('not asked here')),
    ...change,
  };
  const parts: LoopParts = {
    services: { list: () => [...services.values()], get: (name: string) => services.get(name) } as Services,
    executor,
    onReady: (service) => said.push(`ready ${service.name} ${service.version}`),
    onFailed: (name, error) => said.push(`failed ${name}: ${error.message}`),
    onWithdrawn: (name) => said.push(`withdrawn ${name}`),
    onBroken: (error) => said.push(`broken: ${error}`),
  };
  return { said, services, loop: createLoop(parts) };
}

it('serves the newest version that was saved before the call', async () => {
  const { services, loop, said } = scene();
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
  const { services, loop, said } = scene({
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
  const { services, loop } = scene({
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
  const { services, loop, said } = scene();
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
  const { services, loop, said } = scene({
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
  const { services, loop } = scene();
  services.set('demo', declared());
  expect((await loop.serving('demo')).version).toBe(1);
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
    return { ...scene({ deploy, observe: async () => [] }), tries, state };
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
