import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '../../../../src/engine/cluster.ts';
import type { ClusterOptions } from '../../../../src/executors/kubernetes/cluster/options.ts';
import type { Provisioner, Ready } from '../../../../src/executors/kubernetes/cluster/provisioner.ts';
import { lineOf } from '../../../../src/executors/kubernetes/cluster/steps.ts';
import type { Machine } from '../../../../src/objects/minio/minio.ts';
import { docker, engineAnswers } from '../../../docker.ts';
import { parse, partsOfCluster, provisionerFor } from '../../../kind/cluster.ts';
import { hasParts } from '../../../kind/parts.ts';
import { required } from '../../../release.ts';

const here = hasParts('kind', 'kubeadm', 'controller', 'kourier', 'minio') && (required || engineAnswers());
const minutes = 60_000;
const never = new AbortController().signal;
const settings = { MINIO_ROOT_USER: 'administrator', MINIO_ROOT_PASSWORD: 'a-long-password', MINIO_UPDATE: 'off' };
const kernel = () =>
  ['vm/overcommit_memory', 'kernel/panic', 'kernel/panic_on_oops'].map((name) =>
    readFileSync(`/proc/sys/${name}`, 'utf8'),
  );

const echo = parse(`
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: echo, namespace: oscar-svc}
spec:
  template:
    spec:
      enableServiceLinks: false
      containers:
      - name: oscar-container
        image: dev.local/user:1
        command: [/oscar/bin/fwatchdog]
        env: [{name: fprocess, value: /bin/cat}]
        resources: {requests: {cpu: 10m}}
        volumeMounts: [{name: programs, mountPath: /oscar/bin, readOnly: true}]
      volumes: [{name: programs, hostPath: {path: /oscar/bin, type: Directory}}]
`)[0] as Manifest;

describe.skipIf(!here)('a cluster of our own', () => {
  const id = 'c1a5e0000001';
  const before = here ? kernel() : [];
  const lines: string[] = [];
  let folder: string;
  let busy: Server;
  let made: Provisioner;
  let ready: Ready;
  const open = (more: Partial<ClusterOptions> = {}) => {
    const onProgress = (progress: Parameters<typeof lineOf>[0]) => lines.push(lineOf(progress));
    const { port } = busy.address() as AddressInfo;
    return provisionerFor({ folder, id, onProgress }, { s3: { host: '127.0.0.1', port }, ...more });
  };
  /** Both ways in, side by side, as the daemon goes. */
  const up = async (): Promise<string> => {
    lines.length = 0;
    made = await open();
    const machine: Machine = made.minio;
    const minio = machine.doorstep().then(() => machine.run(settings, { host: '127.0.0.1', port: 0 }));
    [ready] = await Promise.all([made.up(never), minio]);
    return minio;
  };
  const nodes = () => docker('ps', '--all', '--quiet', '--filter', `label=io.x-k8s.kind.cluster=${made.name}`);
  const call = async (body: string) => {
    const { gateway, domain } = ready;
    const host = `echo.oscar-svc.${domain}`;
    // fetch keeps `Host` to itself.
    return new Promise<string>((resolve, reject) => {
      const sent = request({ ...gateway, method: 'POST', headers: { host } }, async (answer) => {
        let text = '';
        for await (const piece of answer) text += piece;
        resolve(`${answer.statusCode} ${text}`);
      });
      sent.on('error', reject).end(body);
    });
  };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cluster-'));
    busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    made = await open();
  });
  afterAll(async () => {
    await made.clean();
    busy.close();
    rmSync(folder, { recursive: true, force: true });
  }, 2 * minutes);

  it(
    'is not made of an image that is none of kind',
    async () => {
      const wrong = await open({ nodeImage: { name: 'dev.local/user:1' } });
      const failed = await wrong.up(never).catch((error: Error) => error);
      expect(String((failed as Error).message)).toMatch(/^The cluster cannot be made: the (image of the node|node) /);
    },
    4 * minutes,
  );

  it(
    'that was called off while it was made does not stand in the way',
    async () => {
      made = await open();
      const stop = made.up(never).catch((error: Error) => error);
      await expect.poll(nodes, { timeout: minutes }).not.toBe('');
      await made.down();
      expect(await stop).toBeInstanceOf(Error);
      expect(await up()).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    },
    5 * minutes,
  );

  it('tells its steps and how long they took', () => {
    const done = lines.filter((line) => / done \(/.test(line)).map((line) => line.replace(/\(.*/, ''));
    expect(done).toContain('node of the cluster: done ');
    expect(done).toContain('Kourier is up: done ');
    expect(ready.seconds).toBeGreaterThan(1);
  });

  it('takes another port for one that is in use', async () => {
    const { port } = busy.address() as AddressInfo;
    const url = await made.minio.run(settings, { host: '127.0.0.1', port: 0 });
    expect(new URL(url).port).not.toBe(String(port));
    expect((await fetch(`${url}/minio/health/ready`)).status).toBe(200);
  });

  it(
    'serves a call through its gateway',
    async () => {
      await ready.cluster.apply(echo);
      await expect.poll(() => call('hello'), { timeout: minutes }).toBe('200 hello');
    },
    2 * minutes,
  );

  it('sends nothing that is meant for a Service or a pod out of its node', () => {
    const inNode = (...words: string[]) => docker('exec', `${made.name}-control-plane`, ...words);
    const rules = inNode('iptables', '-S');
    expect(rules).toContain('-A FORWARD -d 10.96.0.0/16 -o eth0 -j REJECT');
    expect(rules).toContain('-A OUTPUT -d 10.96.0.0/16 -o eth0 -j REJECT');
    expect(() => inNode('ip', 'route', 'get', '10.244.0.250')).toThrow('No route to host');
  });

  it(
    'is taken as it is by the next start',
    async () => {
      const node = nodes();
      ready.cluster.close();
      await up();
      expect(nodes()).toBe(node);
      expect(lines).toContain('node of the cluster: there');
      expect(lines).toContain('Knative: there');
    },
    minutes,
  );

  it(
    'comes back after its node was killed, at the same addresses',
    async () => {
      const { gateway } = ready;
      ready.cluster.close();
      docker('kill', `${made.name}-control-plane`);
      const url = await up();
      expect(ready.gateway).toEqual(gateway);
      expect((await fetch(`${url}/minio/health/ready`)).status).toBe(200);
    },
    4 * minutes,
  );

  it(
    'wakes up with all that is in it where its images would have to be fetched anew',
    async () => {
      await ready.cluster.apply(echo);
      ready.cluster.close();
      docker('kill', `${made.name}-control-plane`);
      const node = nodes();
      const { images: _, ...bare } = (await partsOfCluster()).materials;
      made = await open({ materials: bare });
      ready = await made.up(never);
      expect(nodes()).toBe(node);
      await expect.poll(() => call('again'), { timeout: 2 * minutes }).toBe('200 again');
    },
    5 * minutes,
  );

  it(
    'is made anew by the same program when somebody has removed it',
    async () => {
      ready.cluster.close();
      docker('rm', '--force', '--volumes', `${made.name}-control-plane`);
      const minio = made.minio.run(settings, { host: '127.0.0.1', port: 0 });
      ready = await made.up(never);
      expect((await fetch(`${await minio}/minio/health/ready`)).status).toBe(200);
      expect(await made.look()).toBe('running');
    },
    4 * minutes,
  );

  it(
    'leaves nothing when it is removed, and gives back what it changed',
    async () => {
      ready.cluster.close();
      expect(await made.clean()).toEqual([]);
      expect(nodes()).toBe('');
      expect(await made.look()).toBe('absent');
      expect(kernel()).toEqual(before);
    },
    2 * minutes,
  );
});
