import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Cluster, Manifest } from '../../../src/engine/cluster.ts';
import { ownedBy } from '../../../src/executors/kubernetes/manifests/objects.ts';
import { quantity } from '../../../src/model/quantity.ts';
import { describeWithServer, opened } from '../../engine/clusterscene.ts';
import { type ApiServer, startApiServer } from '../../kind/apiserver.ts';
import { partsFolder } from '../../kind/parts.ts';
import { cases, largeJob } from './cases.ts';

const bundled = join(partsFolder, 'manifests/serving-crds.yaml');

/** Knative's own definitions: as they were built for the tests, else out of its module. */
function definitions(): Manifest[] {
  if (existsSync(bundled)) return load(bundled);
  const told = execFileSync('go', ['mod', 'download', '-json', 'knative.dev/serving@v0.48.2'], { encoding: 'utf8' });
  const folder = join((JSON.parse(told) as { Dir: string }).Dir, 'config/core/300-resources');
  return load(join(folder, 'service.yaml'));
}

const load = (file: string): Manifest[] => loadAll(readFileSync(file, 'utf8')) as Manifest[];
const namespace: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'oscar-svc' } };

const amount = (value: unknown): number | undefined => {
  try {
    return quantity(String(value));
  } catch {
    return undefined;
  }
};

/** The parts of what the server keeps that we have told it; it writes amounts its own way, and nothing for an empty text. */
function toldOf(kept: unknown, told: unknown): unknown {
  if (Array.isArray(told)) return told.map((one, at) => toldOf((kept as unknown[] | undefined)?.[at], one));
  if (typeof told === 'object' && told !== null) {
    const own = Object.entries(told).filter(([, value]) => value !== undefined);
    return Object.fromEntries(
      own.map(([key, value]) => [key, toldOf((kept as Record<string, unknown>)?.[key], value)]),
    );
  }
  const same = told === '' ? kept === undefined : amount(told) !== undefined && amount(told) === amount(kept);
  return same ? told : kept;
}

/** All but when and how often it was written. */
function lasting({ metadata, ...object }: Manifest): unknown {
  const { managedFields: _by, resourceVersion: _count, ...others } = metadata;
  return { ...object, metadata: others };
}

describeWithServer('a real API server', () => {
  let server: ApiServer;
  let cluster: Cluster;
  beforeAll(async () => {
    server = await startApiServer();
    cluster = await opened(server.kubeconfig);
    await cluster.apply(namespace);
    const knative = definitions().filter(({ metadata }) => metadata.name === 'services.serving.knative.dev');
    expect(knative).toHaveLength(1);
    for (const definition of knative) await cluster.apply(definition);
    const served = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', namespace: 'oscar-svc' };
    // It takes a moment from the definition to the first answer.
    await vi.waitFor(() => cluster.list(served), { timeout: 30_000, interval: 100 });
  }, 90_000);
  afterAll(async () => {
    cluster?.close();
    await server?.stop();
  });

  it.each([...cases, ['job-with-a-large-event', largeJob(700_000)] as const])(
    'takes and keeps: %s',
    async (_, manifests) => {
      for (const manifest of manifests) {
        if (!manifest) throw new Error('nothing to tell');
        const kept = await cluster.apply(manifest);
        expect(toldOf(kept, manifest)).toEqual(JSON.parse(JSON.stringify(manifest)));
        // Told again, nothing is different.
        expect(lasting(await cluster.apply(manifest))).toEqual(lasting(kept));
      }
      for (const { apiVersion, kind, metadata } of manifests as Manifest[]) {
        await cluster.remove({ apiVersion, kind, name: metadata.name, namespace: 'oscar-svc' });
      }
    },
  );

  it('takes the parts of an event as what goes with their job', async () => {
    const manifests = largeJob(700_000);
    const work = await cluster.create(manifests.at(-1) as Manifest);
    for (const part of manifests.slice(0, -1)) {
      const kept = await cluster.create(ownedBy(work, part));
      expect(kept.metadata.ownerReferences).toEqual([
        { apiVersion: 'batch/v1', kind: 'Job', name: work.metadata.name, uid: work.metadata.uid },
      ]);
    }
  });
});
