import { expect } from 'vitest';
import type { Deployment } from '../../src/executors/executor.ts';
import { exchange } from './exchange.ts';
import { type App, type Seen, startApp } from './exposedapp.ts';
import { people } from './persons.ts';
import { type StartedApi, startApi } from './started.ts';

const deployed = (service: string, more: Partial<Deployment>): Deployment => ({
  service,
  fingerprint: '',
  state: 'ready',
  instances: 1,
  lines: [],
  ...more,
});

type Apps = [app: App, other: App];

const services: Record<string, { expose: object; visibility?: string; addresses?: (apps: Apps) => string[] }> = {
  open: { expose: { api_port: [80] }, addresses: ([app]) => [app.address] },
  whole: { expose: { api_port: [80], rewrite_target: true }, addresses: ([app]) => [app.address] },
  locked: { expose: { api_port: [80], set_auth: true }, addresses: ([app]) => [app.address] },
  'for-ward': { expose: { api_port: [80], set_auth: true, auth_type: 'forward' }, addresses: ([app]) => [app.address] },
  shared: {
    expose: { api_port: [80], set_auth: true },
    visibility: 'public',
    addresses: ([app]) => [app.address],
  },
  twin: { expose: { api_port: [80] }, addresses: ([app, other]) => [app.address, other.address] },
  // Port 1 refuses.
  half: { expose: { api_port: [80] }, addresses: ([app]) => ['http://127.0.0.1:1', app.address] },
  refusing: { expose: { api_port: [80] }, addresses: () => ['http://127.0.0.1:1'] },
  starting: { expose: { api_port: [80] } },
  elsewhere: { expose: { api_port: [80] } },
  absent: { expose: { api_port: [80] } },
  plain: { expose: {} },
};

/** Two apps and an API before them, with services whose names say how they are exposed. */
export async function startScene() {
  const apps: Apps = [await startApp('app'), await startApp('other')];
  const observed = Object.entries(services).flatMap(([name, { addresses }]) =>
    addresses ? [deployed(name, { addresses: addresses(apps) })] : [],
  );
  observed.push(deployed('starting', { state: 'pending', reason: 'It waits for /health to answer.' }));
  observed.push(deployed('elsewhere', { state: 'unavailable', reason: 'It is not exposed.' }));
  const api = await startApi(() => observed, people());
  for (const [name, { expose, visibility }] of Object.entries(services)) {
    await api.serve(name, 'cat', { expose, visibility });
  }
  const close = async () => {
    await api.close();
    for (const app of apps) await app.stop();
  };
  return { api, app: apps[0], other: apps[1], close };
}

export type Scene = Awaited<ReturnType<typeof startScene>>;

/** The path of an exposed service. */
export const at = (name: string, rest = '/'): string => `/system/services/${name}/exposed${rest}`;

const withTokens = (text: string, api: StartedApi): string =>
  text.replace(/\{token:([^}]+)\}/g, (_all, name: string) => api.token(name));

/** A text with the tokens it names; after `basic:` it is encoded. */
export function filled(text: string, api: StartedApi): string {
  const whole = withTokens(text, api);
  return whole.startsWith('basic:') ? `Basic ${Buffer.from(whole.slice(6)).toString('base64')}` : whole;
}

/** Header values, each with the tokens it names. */
export const filledAll = (record: Record<string, string>, api: StartedApi): Record<string, string> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, filled(value, api)]));

/** A request for an exposed service, and what comes of it. */
export interface Row {
  title: string;
  path: string;
  method?: string;
  headers?: Record<string, string>;
  port?: 'api' | 'exposed';
  status?: number;
  /** Of what the app saw. */
  seen?: Partial<Seen>;
  /** Of the headers that the client got. */
  got?: Record<string, unknown>;
  says?: string | RegExp;
}

/** Sends the row's request and looks at what comes of it. */
export async function check({ api }: Scene, row: Row): Promise<void> {
  const { method = 'GET', path, headers = {}, port = 'exposed' } = row;
  const answer = await exchange(port === 'api' ? api.port : api.exposedPort, {
    method,
    path: filled(path, api),
    headers: filledAll(headers, api),
  });
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status: row.status ?? 200 });
  if (row.seen) expect(JSON.parse(answer.text)).toMatchObject(row.seen);
  if (row.got) expect({ ...answer.headers }).toMatchObject(row.got);
  if (row.says) expect(answer.text).toMatch(row.says);
}
