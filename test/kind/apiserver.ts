import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { createAuthority, encoded } from './certificates.ts';
import { partOf } from './parts.ts';

/** A real API server with a store of its own: no node, no controller, so that nothing happens but what a test does. */
export interface ApiServer {
  address: string;
  /** For whoever may do everything, as `kind` writes it. */
  kubeconfig: string;
  /** The same, for a user who comes with a token and may do nothing but what a test allows; `guest` is known. */
  kubeconfigFor(user: Record<string, unknown>): string;
  folder: string;
  /** Ends the server; what is stored stays. */
  halt(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it anew at the same address. */
  resume(): Promise<void>;
  /** Makes the store forget all states but the newest. */
  compact(): Promise<void>;
  stop(): Promise<void>;
}

/** What the user `guest` shows. */
export const guestToken = 'the-token-of-the-guest';

const patience = { timeout: 60_000, interval: 50 };

/** Starts an API server and its store, each on a port of its own, and waits until it serves. */
export async function startApiServer(): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), 'apiserver-'));
  const [port, storePort, peerPort] = await freePorts();
  const [address, store] = [`https://127.0.0.1:${port}`, `http://127.0.0.1:${storePort}`];
  const authority = createAuthority(folder);
  const admin = authority.client('admin', 'system:masters');
  const flags = [...serverFlags(folder, authority), `--secure-port=${port}`, `--etcd-servers=${store}`];
  const etcd = run(folder, 'etcd', storeFlags(folder, store, `http://127.0.0.1:${peerPort}`));
  let server: ChildProcess | undefined;
  const ca = readFileSync(authority.certificate);
  const resume = async () => {
    server = run(folder, 'kube-apiserver', flags);
    await vi.waitFor(() => ready(`${address}/readyz`, ca), patience);
  };
  const halt = async (signal: NodeJS.Signals = 'SIGTERM') => {
    await ended(server, signal);
    server = undefined;
  };
  const stop = async () => {
    await halt('SIGKILL');
    await ended(etcd, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const kubeconfigFor = (user: Record<string, unknown>) =>
    kubeconfigOf({ address, ca: encoded(authority.certificate), user });
  await resume().catch(async (error) => {
    const said = readFileSync(join(folder, 'kube-apiserver.log'), 'utf8').slice(-2_000);
    await stop();
    throw new Error(`The API server does not start: ${said}`, { cause: error });
  });
  return {
    address,
    folder,
    kubeconfig: kubeconfigFor({
      'client-certificate-data': encoded(admin.certificate),
      'client-key-data': encoded(admin.key),
    }),
    kubeconfigFor,
    halt,
    resume,
    compact: () => compact(store),
    stop,
  };
}

interface Config {
  address: string;
  ca: string;
  user: Record<string, unknown>;
}

/** JSON is YAML, too. */
const kubeconfigOf = ({ address, ca, user }: Config): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: address, 'certificate-authority-data': ca } }],
    users: [{ name: 'someone', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'someone' } }],
    'current-context': 'test',
  });

const storeFlags = (folder: string, store: string, peer: string): string[] => [
  `--data-dir=${join(folder, 'store')}`,
  `--listen-client-urls=${store}`,
  `--advertise-client-urls=${store}`,
  `--listen-peer-urls=${peer}`,
  '--unsafe-no-fsync',
];

function serverFlags(folder: string, authority: ReturnType<typeof createAuthority>): string[] {
  const { certificate, key } = authority.server('server');
  const accounts = join(folder, 'accounts.key');
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  writeFileSync(accounts, privateKey);
  const tokens = join(folder, 'tokens.csv');
  writeFileSync(tokens, `${guestToken},guest,guest,guests\n`);
  return [
    '--bind-address=127.0.0.1',
    // Endpoints on loopback are refused, so it has to know of another address; nobody goes there.
    '--advertise-address=198.51.100.1',
    `--tls-cert-file=${certificate}`,
    `--tls-private-key-file=${key}`,
    `--client-ca-file=${authority.certificate}`,
    `--token-auth-file=${tokens}`,
    `--service-account-key-file=${accounts}`,
    `--service-account-signing-key-file=${accounts}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.96.0.0/24',
    '--authorization-mode=RBAC',
    '--allow-privileged=true',
    // No controller makes the accounts that pods would have to have.
    '--disable-admission-plugins=ServiceAccount',
    '--etcd-compaction-interval=0',
    // At its end, it waits that long for clients that follow something.
    '--request-timeout=10s',
  ];
}

/** It ends with the tests, in whatever way they end. */
function run(folder: string, name: string, flags: string[]): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), 'a');
  return spawn('setpriv', ['--pdeathsig', 'KILL', partOf(name), ...flags], { stdio: ['ignore', log, log] });
}

async function ended(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  await gone;
}

/** Ports that nobody has: all are held until the last is found. */
export async function freePorts(): Promise<[number, number, number]> {
  const servers = [1, 2, 3].map(() => createServer());
  const ports = servers.map(
    (server) =>
      new Promise<number>((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
      }),
  );
  const [first = 0, second = 0, third = 0] = await Promise.all(ports);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [first, second, third];
}

const ready = (url: string, ca: Buffer): Promise<void> =>
  new Promise((resolve, reject) => {
    const request = get(url, { ca, agent: false }, (response) => {
      response.resume();
      if (response.statusCode === 200) resolve();
      else reject(new Error(`status ${response.statusCode}`));
    });
    request.on('error', reject);
  });

async function compact(store: string): Promise<void> {
  const ask = async (path: string, body: object) => {
    const answer = await fetch(`${store}/v3/kv/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`The store refused: ${await answer.text()}`);
    return (await answer.json()) as { header: { revision: string } };
  };
  const { header } = await ask('range', { key: Buffer.from('/').toString('base64') });
  await ask('compaction', { revision: header.revision, physical: true });
}
