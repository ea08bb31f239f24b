import type { Deployment, Executor } from '../../src/executors/executor.ts';
import type { Service } from '../../src/model/service.ts';
import { createLoop, type LoopParts } from '../../src/reconcile/loop.ts';
import type { Services } from '../../src/store/services.ts';

/** An executor that only remembers what it was told, and the services that the loop is to look at. */
export function createScene(change: Partial<Executor> = {}, more: Pick<LoopParts, 'patienceMs'> = {}) {
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
    onProgress: (name, line) => said.push(`progress ${name}: ${line}`),
    onReady: (service) => said.push(`ready ${service.name} ${service.version}`),
    onFailed: (name, error) => said.push(`failed ${name}: ${error.message}`),
    onWithdrawn: (name) => said.push(`withdrawn ${name}`),
    onBroken: (error) => said.push(`broken: ${error}`),
    ...more,
  };
  return { said, services, loop: createLoop(parts) };
}
