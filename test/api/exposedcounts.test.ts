import { afterAll, beforeAll, expect, it } from 'vitest';
import { exchange } from './exchange.ts';
import { at, type Scene, startScene } from './exposedscene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await startScene();
});
afterAll(() => scene?.close());

async function counted(service: string): Promise<number> {
  const answer = await scene.api.ask(`/system/metrics/${service}?metric=requests-exposed-per-service`);
  return ((await answer.json()) as { value: number }).value;
}

it('counts each request that a service is sent, on either port, by none of whose users', async () => {
  const ports = [scene.api.port, scene.api.exposedPort, scene.api.exposedPort];
  for (const port of ports) await exchange(port, { method: 'GET', path: at('open', '/a?b') });
  expect(await counted('open')).toBe(3);
  const { totals } = (await (await scene.api.ask('/system/metrics')).json()) as { totals: object };
  expect(totals).toMatchObject({ requests_count_total: 0, requests_count_exposed: 3, services_count_total: 1 });
  expect(totals).toMatchObject({ users_count: 0, users: null, countries: null });
});

it.each(['starting', 'locked', 'plain', 'no-such'])('does not count what %s is not sent', async (service) => {
  const { status } = await exchange(scene.api.port, { method: 'GET', path: at(service) });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(await counted(service)).toBe(0);
});
