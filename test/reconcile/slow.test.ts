import { describe, expect, it } from 'vitest';
import type { Deployment, Executor } from '../../src/executors/executor.ts';
import { declared } from '../fakes/definitions.ts';
import { createScene } from './scene.ts';

describe('a deployment that takes long', () => {
  /** Version 2 and what is called slow take until `arrive` is called. */
  function slow() {
    const { promise, resolve: arrive } = Promise.withResolvers<void>();
    const running = new Map<string, Deployment>();
    const deploy: Executor['deploy'] = async ({ name, fingerprint, version }, onProgress) => {
      if (version === 2 || name === 'slow') {
        onProgress?.('pulling, 41 %');
        await promise;
      }
      running.set(name, { service: name, fingerprint, state: 'ready', instances: 1, lines: [] });
      return [];
    };
    return { ...createScene({ deploy, observe: async () => [...running.values()] }), arrive };
  }

  it('keeps nobody else waiting, and is told', async () => {
    const { services, loop, said, arrive } = slow();
    services.set('slow', declared({ name: 'slow' }));
    services.set('quick', declared({ name: 'quick' }));
    loop.nudge();
    expect((await loop.serving('quick')).name).toBe('quick');
    expect(loop.awaited()).toEqual(['slow']);
    expect(said).toEqual(['progress slow: pulling, 41 %', 'ready quick 1']);
    arrive();
    expect((await loop.serving('slow')).name).toBe('slow');
    expect(loop.awaited()).toEqual([]);
    await loop.close();
  });

  it('keeps nobody else waiting either when it tells nothing', async () => {
    const { promise, resolve: arrive } = Promise.withResolvers<void>();
    const { services, loop } = createScene({
      deploy: async ({ name }) => {
        if (name === 'silent') await promise;
        return [];
      },
      withdraw: () => promise,
      observe: async () => [{ service: 'old', fingerprint: '', state: 'ready', instances: 1, lines: [] }],
    });
    services.set('silent', declared({ name: 'silent' }));
    services.set('quick', declared({ name: 'quick' }));
    loop.nudge();
    expect((await loop.serving('quick')).name).toBe('quick');
    services.set('late', declared({ name: 'late' }));
    expect((await loop.serving('late')).name).toBe('late');
    arrive();
    await loop.close();
  });

  it('leaves the version before serving until it is done', async () => {
    const { services, loop, arrive } = slow();
    services.set('demo', declared());
    loop.nudge();
    await loop.serving('demo');
    services.set('demo', declared({ script: 'echo 2' }, { version: 2 }));
    loop.nudge();
    expect((await loop.serving('demo')).version).toBe(1);
    arrive();
    await loop.settled();
    expect((await loop.serving('demo')).version).toBe(2);
    await loop.close();
  });

  it.each([
    ['the version before, where callers have no patience', 1, 1],
    ['the new one, where they have', 60_000, 2],
  ])('silently, leaves the next call to %s', async (_, patienceMs, version) => {
    const { promise, resolve: arrive } = Promise.withResolvers<void>();
    const running = new Map<string, Deployment>();
    const deploy: Executor['deploy'] = async (service) => {
      const { name, fingerprint } = service;
      if (service.version === 2) await promise;
      running.set(name, { service: name, fingerprint, state: 'ready', instances: 1, lines: [] });
      return [];
    };
    const { services, loop } = createScene({ deploy, observe: async () => [...running.values()] }, { patienceMs });
    services.set('demo', declared());
    loop.nudge();
    await loop.serving('demo');
    services.set('demo', declared({ script: 'echo 2' }, { version: 2 }));
    loop.nudge();
    const called = loop.serving('demo');
    // Long after the impatient one has its answer.
    setTimeout(arrive, 1_000);
    expect((await called).version).toBe(version);
    await loop.settled();
    await loop.close();
  });

  it('gives way to a version that is declared meanwhile', async () => {
    const { services, loop, said, arrive } = slow();
    services.set('demo', declared({}, { version: 2 }));
    loop.nudge();
    await expect.poll(() => said).toEqual(['progress demo: pulling, 41 %']);
    services.set('demo', declared({ script: 'echo 3' }, { version: 3 }));
    loop.nudge();
    expect((await loop.serving('demo')).version).toBe(3);
    arrive();
    await loop.settled();
    // The one that came late is undone.
    expect(said).toEqual(['progress demo: pulling, 41 %', 'ready demo 3', 'ready demo 3']);
    expect((await loop.serving('demo')).version).toBe(3);
    await loop.close();
  });

  it('is waited for no longer than a caller wants, who hears what it is at', async () => {
    const { services, loop, arrive } = slow();
    services.set('slow', declared({ name: 'slow' }));
    const control = new AbortController();
    const call = loop.serving('slow', control.signal);
    await expect.poll(loop.awaited).toEqual(['slow']);
    control.abort();
    await expect(call).rejects.toThrow('The service is not ready yet: pulling, 41 %.');
    arrive();
    await loop.close();
  });
});
