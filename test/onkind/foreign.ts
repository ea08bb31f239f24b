import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Status } from '../../src/api/protocol.ts';
import type { Manifest } from '../../src/engine/cluster.ts';
import { docker } from '../docker.ts';
import { partsFolder } from '../kind/parts.ts';
import { type Ended, patience, runCommand } from '../program.ts';
import type { Shared } from './shared.ts';

const namespace = 'lab';
const image = 'dev.local/supervisor:test';
const templates = join(import.meta.dirname, '../../templates/cluster');

/** The shared cluster as somebody else's: a namespace in it, and the least rights there. */
export function foreignOf(shared: Shared): void {
  describe('a namespace of a cluster that somebody else runs', () => {
    let folder: string;
    let command: (...args: string[]) => Promise<Ended>;
    const apply = (object: object) => {
      const file = join(folder, 'object.json');
      writeFileSync(file, JSON.stringify(object));
      return shared.kubectl('apply', '--filename', file);
    };
    const up = () =>
      command(
        ...['up', join(folder, 'services'), '--executor', 'kubernetes', '--namespace', namespace, '--no-fallback'],
        ...['--supervisor', image, '--detach', '--wait', '--json', '--port', '0', '--exposed-port', '0'],
      );
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'foreign-'));
      cpSync(join(import.meta.dirname, '../fixtures/cluster'), join(folder, 'services'), { recursive: true });
      shared.kubectl('create', 'namespace', namespace);
      apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'guest', namespace } });
      for (const file of ['rights.yaml', 'gateway-rights.yaml']) grant(file, apply);
      supervisorImage(folder, shared);
      const token = shared.kubectl('create', 'token', 'guest', '--namespace', namespace);
      const kubeconfig = join(folder, 'kubeconfig');
      writeFileSync(kubeconfig, JSON.stringify(asGuest(readFileSync(shared.kubeconfig, 'utf8'), token)));
      const env = { KUBECONFIG: kubeconfig, OSCAR_SANDBOX_OBJECTS: storeOf(shared) };
      command = (...args) => runCommand([...args, '--data-dir', join(folder, 'data')], env);
    }, 180_000);
    afterAll(async () => {
      await command?.('clean', '--yes');
      shared.kubectl('delete', 'namespace', namespace, '--wait=false');
      rmSync(folder, { recursive: true, force: true });
    });

    it('serves calls through its API server, and jobs by what its store tells', async () => {
      const started = await up();
      expect(started).toMatchObject({ code: 0 });
      expect(JSON.parse(started.stdout)).toMatchObject({ executor: 'kubernetes', objects: 'endpoint' } as Status);
      expect((await command('run', 'cold', '--input', 'good morning')).stdout).toBe('you said: good morning\n');
      writeFileSync(join(folder, 'far.txt'), 'far\n');
      await command('put', join(folder, 'far.txt'), 'chained/in/');
      const output = async () => (await command('get', 'chained/loud/far.txt', '-')).stdout;
      await expect.poll(output, patience).toBe('FAR\n');
    });

    it('has nothing of it any more when it was cleaned', async () => {
      const marked = () =>
        shared.kubectl(
          ...['get', 'services.serving.knative.dev,jobs,deployments,configmaps,secrets,persistentvolumeclaims'],
          ...['--namespace', namespace, '--selector', 'oscar-sandbox.data', '--output', 'name'],
        );
      expect(marked()).not.toBe('');
      expect(await command('clean', '--yes')).toMatchObject({ code: 0, stderr: '' });
      await expect.poll(marked, patience).toBe('');
    });
  });
}

function grant(file: string, apply: (object: object) => void): void {
  for (const one of loadAll(readFileSync(join(templates, file), 'utf8')) as Manifest[]) {
    const subjects = [{ kind: 'ServiceAccount', name: 'guest', namespace }];
    const metadata = { namespace, ...one.metadata };
    apply({ ...one, metadata, ...(one.kind === 'RoleBinding' ? { subjects } : {}) });
  }
}

/** As the documentation has it made. */
function supervisorImage(folder: string, { id }: Shared): void {
  const file = join(folder, 'Dockerfile');
  writeFileSync(file, 'FROM dev.local/user:1\nCOPY . /supervisor\nRUN chmod -R a+rX /supervisor\n');
  docker('build', '--quiet', '--tag', image, '--file', file, join(partsFolder, 'oscar-bin'));
  const archive = join(folder, 'image.tar');
  docker('save', '--output', archive, image);
  docker('image', 'rm', image);
  const node = `oscar-sandbox-${id}-control-plane`;
  docker('cp', archive, `${node}:/image.tar`);
  docker('exec', node, 'ctr', '--namespace', 'k8s.io', 'images', 'import', '/image.tar');
  docker('exec', node, 'rm', '/image.tar');
}

interface Named {
  name: string;
}

/** The same cluster, for another user. */
function asGuest(text: string, token: string): object {
  const [config] = loadAll(text) as [{ clusters: Named[]; contexts: (Named & { context: object })[] }];
  const [found] = config.contexts;
  return {
    ...config,
    contexts: [{ name: 'guest', context: { ...found?.context, user: 'guest' } }],
    'current-context': 'guest',
    users: [{ name: 'guest', user: { token } }],
  };
}

/** Its MinIO, by an address that holds in the pods and here. */
function storeOf({ node, status }: Shared): string {
  const address = docker('inspect', '--format', '{{(index .NetworkSettings.Networks "kind").IPAddress}}', node);
  const { accessKey, secretKey } = status;
  return `http://${accessKey}:${encodeURIComponent(secretKey)}@${address}:30081`;
}
