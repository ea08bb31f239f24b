import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import type { Engine } from '../../../../src/engine/engine.ts';
import { fromNetwork } from '../../../../src/executors/kubernetes/cluster/materials.ts';
import { createSupply } from '../../../../src/executors/kubernetes/cluster/supply.ts';
import { readVersions } from '../../../../src/executors/kubernetes/cluster/versions.ts';

async function zipOf(files: Record<string, string>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name, { mode: 0o100755 });
  zip.end();
  return buffer(zip.outputStream);
}

let folder: string;
let server: Server;
let asked: string[];
let at: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'materials-'));
  asked = [];
  const served: Record<string, string | Buffer> = {
    '/kind-linux-amd64': 'kind',
    '/serving.yaml': 'kind: Namespace',
    '/supervisor.zip': await zipOf({ supervisor: 'for glibc', 'supervisor-lib/one.so': 'a library' }),
    '/alpine.zip': await zipOf({ supervisor: 'for musl' }),
    '/fwatchdog-amd64': 'watchdog',
  };
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const content = served[url];
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const open = () => {
  const document = {
    kind: { version: 'v1', address: `${at}/kind-{os}-{arch}` },
    node: { image: 'node:1' },
    minio: { image: 'minio:1' },
    registry: { image: 'registry:1' },
    manifests: { 'serving.yaml': { version: '1', address: `${at}/serving.yaml` } },
    programs: {
      supervisor: { version: '1', address: `${at}/supervisor.zip` },
      'supervisor-alpine': { version: '1', address: `${at}/alpine.zip`, folder: 'alpine' },
      fwatchdog: { version: '1', address: `${at}/fwatchdog-{arch}` },
    },
  };
  const environment = { PATH: folder };
  const supply = createSupply(join(folder, 'fetched'), { environment, signal: new AbortController().signal });
  const versions = readVersions(document, { os: 'linux', arch: 'amd64' });
  const engine = { info: { product: 'Docker', address: 'unix:///none' } } as Engine;
  return fromNetwork(folder, versions, supply, { environment, engine });
};
const inside = (name: string) => readFileSync(join(folder, 'bin', name), 'utf8');

it('a cluster without a folder of parts is made of what is fetched, each thing once', async () => {
  const materials = open();
  expect(await materials.complete()).toBe(false);
  await materials.gather(() => undefined);
  expect(await materials.manifests()).toEqual(['kind: Namespace']);
  expect(materials.programs).toBe(join(folder, 'bin'));
  const programs = ['supervisor', 'supervisor-lib/one.so', 'alpine/supervisor', 'fwatchdog'];
  expect(programs.map(inside)).toEqual(['for glibc', 'a library', 'for musl', 'watchdog']);
  expect(statSync(join(folder, 'bin/alpine/supervisor')).mode & 0o111).toBe(0o111);
  const once = [...asked];

  const next = open();
  expect(await next.complete()).toBe(true);
  await next.gather(() => undefined);
  expect(asked).toEqual(once);
});
