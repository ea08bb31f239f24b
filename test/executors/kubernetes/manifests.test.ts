import { join } from 'node:path';
import { dump } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../src/engine/cluster.ts';
import { configMap } from '../../../src/executors/kubernetes/manifests/config.ts';
import { leftOut } from '../../../src/executors/kubernetes/manifests/environment.ts';
import { exposed } from '../../../src/executors/kubernetes/manifests/exposed.ts';
import { reservedNames } from '../../../src/executors/kubernetes/manifests/knative.ts';
import { mountFault } from '../../../src/executors/kubernetes/manifests/mount.ts';
import { jobNameOf } from '../../../src/executors/kubernetes/manifests/names.ts';
import { secrets } from '../../../src/executors/kubernetes/manifests/secrets.ts';
import { volumeClaim } from '../../../src/executors/kubernetes/manifests/volume.ts';
import { declared } from '../../fakes/definitions.ts';
import { cases, largeJob } from './cases.ts';
import { settingsOf } from './settings.ts';

/** As YAML; the name of a version is a hash, also of lines that have nothing to do with most cases. */
const text = (manifests: (Manifest | undefined)[]): string =>
  manifests
    .map((manifest) => dump(manifest, { noRefs: true, lineWidth: 120 }))
    .join('---\n')
    .replace(/\bdemo-[0-9a-f]{16}\b/g, 'demo-VERSION');

type Part = Manifest & { binaryData: { part: string } };

describe('what a cluster is told', () => {
  it.each(cases)('%s', async (name, manifests) => {
    await expect(text(manifests)).toMatchFileSnapshot(join('golden', `${name}.txt`));
  });

  it('leaves what still runs its files when the store moves', () => {
    const [here, there] = ['http://here:9000', 'http://there:9000'].map((endpoint) => {
      const settings = settingsOf({ store: { endpoint, region: 'us-east-1', verify: true } });
      return configMap(declared(), settings).metadata.name;
    });
    expect(here).not.toBe(there);
  });

  it('has the same keys in the same order every time', () => {
    const [first, again] = [1, 2].map(() => text(largeJob(700_000)));
    expect(first).toBe(again);
  });

  it('has a large event in parts that are mounted in their order', () => {
    const [one, two, work] = largeJob(700_000) as [Part, Part, Manifest];
    expect(one.metadata.name).toBe('demo-7b9c2a4e-0d53-4c4e-9d7e-6b2f1a3c5d80-event-0');
    const parts = [one, two].map((part) => Buffer.from(part.binaryData.part, 'base64'));
    expect(parts.map((part) => part.length)).toEqual([512 * 1024, 700_011 - 512 * 1024]);
    expect(Buffer.concat(parts).toString()).toBe(JSON.stringify({ text: 'x'.repeat(700_000) }));
    const { spec } = (work.spec as { template: { spec: Record<string, unknown> } }).template;
    expect((spec.volumes as { name: string }[]).find(({ name }) => name === 'oscar-event')).toEqual({
      name: 'oscar-event',
      projected: {
        sources: [0, 1].map((at) => ({
          configMap: {
            name: `demo-7b9c2a4e-0d53-4c4e-9d7e-6b2f1a3c5d80-event-${at}`,
            items: [{ key: 'part', path: `part-00000${at}` }],
          },
        })),
      },
    });
    expect(JSON.stringify(spec)).not.toContain('"EVENT"');
  });

  it.each([
    ['demo-7b9c2a4e-0d53-4c4e-9d7e-6b2f1a3c5d80', 1, 'demo-7b9c2a4e-0d53-4c4e-9d7e-6b2f1a3c5d80'],
    ['demo-7b9c2a4e-0d53-4c4e-9d7e-6b2f1a3c5d80', 2, 'demo-7b9c2a4e-0d53-4c4e-9d7e-6b2f1a3c5d80-2'],
    [
      'a-name-with-24-character-7b9c2a4e-0d53-4c4e-9d7e-6b2f1a3c5d80',
      12,
      'a-name-with-24-character-7b9c2a4e-0d53-4c4e-9d7e-6b-HASH-12',
    ],
    ['From_Elsewhere: 7', 1, 'from-elsewhere-7-HASH'],
    ['4711', 1, '4711'],
    ['_', 1, 'job-HASH'],
  ])('calls the job of the task %s, attempt %i, %s', (id, attempt, name) => {
    const given = jobNameOf({ id, attempt });
    expect(given.replace(/-[0-9a-f]{8}(?=$|-\d+$)/, '-HASH')).toBe(name);
    expect(given.length).toBeLessThanOrEqual(63);
  });

  it('is no object where a service has no secrets and no volume of its own', () => {
    expect(secrets(declared(), settingsOf())).toBeUndefined();
    expect(volumeClaim(declared({ volume: { name: 'shared', mount_path: '/data' } }), settingsOf())).toBeUndefined();
  });

  it('keeps a federated service’s refresh token for itself', () => {
    const service = declared({ federation: { members: [] } }, { secrets: { refresh_token: 'x', OTHER: 'y' } });
    expect(Object.keys(secrets(service, settingsOf())?.data as object)).toEqual(['OTHER']);
  });
});

describe('what cannot be told', () => {
  it('is said of variables', () => {
    const variables = { 'not.one': 'x', NUL: 'a\0b', LONG: 'x'.repeat(200_000), fine: '1' };
    expect(leftOut(declared({ environment: { variables } }))).toEqual([
      'The variable LONG is left out: it is longer than 128 KiB, the most a variable can hold.',
      'The variable NUL is left out: it contains a NUL byte.',
      'The variable not.one is left out: its name is not one that a shell can export.',
    ]);
    expect(reservedNames(declared({ environment: { variables: { PORT: '1', HOME: '/' } } }))).toEqual(['PORT']);
  });

  it.each([
    ['webdav.mine', undefined, 'demo mounts b/f from webdav.mine, which is not defined.'],
    ['minio.default', '--flag; rm -rf /', 'demo mounts b/f with options that are not allowed: --flag; rm -rf /.'],
    ['minio.default', '--read-only', undefined],
  ])('is said of a mount from %s with the options %s', (storage_provider, options, sentence) => {
    const service = declared({ mount: { storage_provider, path: 'b/f', ...(options ? { options } : {}) } });
    expect(mountFault(service, settingsOf())).toBe(sentence);
  });

  it('is refused of ports', () => {
    const service = declared({ expose: { api_port: [80, 81], nodePort: [30080] } });
    expect(() => exposed(service, settingsOf())).toThrow('demo has 2 api_port and 1 nodePort.');
  });
});
