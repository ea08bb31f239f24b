import type { DefinitionInput } from '../../../src/declare/schema.ts';
import type { Manifest } from '../../../src/engine/cluster.ts';
import { configMap } from '../../../src/executors/kubernetes/manifests/config.ts';
import { exposed } from '../../../src/executors/kubernetes/manifests/exposed.ts';
import { eventParts, job } from '../../../src/executors/kubernetes/manifests/job.ts';
import { knativeService } from '../../../src/executors/kubernetes/manifests/knative.ts';
import { secrets, storeSecret } from '../../../src/executors/kubernetes/manifests/secrets.ts';
import type { Settings } from '../../../src/executors/kubernetes/manifests/settings.ts';
import { volumeClaim } from '../../../src/executors/kubernetes/manifests/volume.ts';
import type { Service } from '../../../src/model/service.ts';
import type { Task } from '../../../src/model/task.ts';
import { declared } from '../../fakes/definitions.ts';
import { arrived } from '../stage.ts';
import { settingsOf } from './settings.ts';

/** A service whose token and version are those of every run of a test. */
function serviceOf(input: Partial<DefinitionInput> = {}, values: Record<string, string> = {}): Service {
  const service = declared({ name: 'demo', ...input }, { fingerprint: '00112233445566aa', secrets: values });
  return { ...service, definition: { ...service.definition, token: 'f'.repeat(64) } };
}

const taskOf = (service: Service, more: Partial<Task> = {}): Task => ({
  id: `${service.name}-7b9c2a4e-0d53-4c4e-9d7e-6b2f1a3c5d80`,
  service,
  kind: 'job',
  attempt: 1,
  payload: { bytes: Buffer.alloc(0) },
  variables: {},
  ...more,
});

const jobOf = (input: Partial<DefinitionInput>, body: string | Buffer, more: Partial<Settings> = {}): Manifest[] => {
  const [task, bytes, settings] = [taskOf(serviceOf(input)), Buffer.from(body), settingsOf(more)];
  // The parts have half a megabyte each: how large they are is enough.
  return [...eventParts(task, bytes, settings), job(task, bytes, settings)];
};

const called = (input: Partial<DefinitionInput>, more: Partial<Settings> = {}): Manifest =>
  knativeService(serviceOf(input), settingsOf(more), 'outside');

const everything: Partial<DefinitionInput> = {
  cpu: '2',
  memory: '1Gi',
  ephemeral_storage_request: '1Gi',
  enable_gpu: true,
  enable_sgx: true,
  alpine: true,
  synchronous: { min_scale: 1, max_scale: 3 },
  image_pull_secrets: ['mine', 'yours'],
  annotations: { 'example.org/note': 'hello' },
  labels: { team: 'blue' },
  environment: { variables: { GREETING: 'hello', PORT: '9', COST: '$5 $(GREETING) $$' } },
};
const io = [{ storage_provider: 'minio.default', path: 'demo/in', suffix: ['.png', 'on'], prefix: ['2020-01-01'] }];
const s3 = { 'my-s3': { access_key: 'AK', secret_key: 'SK', region: 'eu-west-1' } };
const webdav = { dcache: { hostname: 'dav.example.org', login: 'me', password: 'pw' } };
const mounted = (storage_provider: string, options?: string): Partial<DefinitionInput> => ({
  mount: { storage_provider, path: 'demo/notebooks', ...(options ? { options } : {}) },
  storage_providers: { s3, webdav },
});
const served: DefinitionInput['expose'] = { api_port: [8888], min_scale: 1, max_scale: 1 };

/** What is told to a cluster in each of these cases. */
export const cases: [name: string, manifests: (Manifest | undefined)[]][] = [
  [
    'config',
    [configMap(serviceOf({ input: io, output: io, storage_providers: { s3 }, script: 'echo 1\n' }), settingsOf())],
  ],
  ['secrets', [secrets(serviceOf({}, { PASSWORD: 'pass word', 'not.one': 'x' }), settingsOf())]],
  ['store', [storeSecret({ accessKey: 'minio', secretKey: 'minio12345' }, settingsOf())]],
  ['call', [called({})]],
  ['call-with-everything', [knativeService(serviceOf(everything, { PASSWORD: 'x' }), settingsOf(), 'cluster')]],
  ['call-of-an-hour', [called({}, { callTimeoutSeconds: 3600, pull: 'Always' })]],
  ['call-small', [called({ cpu: '5m', memory: '16Mi' })]],
  ['call-from-claim', [called({}, { programs: { from: 'claim', name: 'oscar-pvc' } })]],
  [
    'call-from-image',
    [
      called(
        { alpine: true },
        {
          programs: {
            from: 'image',
            image: 'ghcr.io/grycap/oscar-bin-downloader:4.1.2',
            command: ['/download.sh'],
            to: '/data',
            variables: { WATCHDOG_VERSION: '0.2.1' },
          },
        },
      ),
    ],
  ],
  ['job', jobOf({}, 'aGVsbG8=')],
  ['job-with-everything', jobOf(everything, '{"a": "$(b) $$"}')],
  ['job-of-an-object', jobOf({ input: io }, arrived('in/ä b.txt'))],
  ['job-of-text', jobOf({}, 'Hello there')],
  ['job-of-bytes', jobOf({}, Buffer.from([0, 255]))],
  ['job-mounting-the-store', jobOf(mounted('minio.default'), '')],
  ['job-mounting-s3', jobOf(mounted('s3.my-s3', '--read-only'), '')],
  ['job-mounting-webdav', jobOf(mounted('webdav.dcache'), '')],
  ['job-again', [job({ ...taskOf(serviceOf()), attempt: 3 }, Buffer.from(''), settingsOf())]],
  ['volume', [volumeClaim(serviceOf({ volume: { size: '1Gi', mount_path: '/data' } }), settingsOf())]],
  [
    'volume-kept',
    [
      volumeClaim(
        serviceOf({ volume: { name: 'shared', size: '1Gi', mount_path: '/data', lifecycle_policy: 'retain' } }),
        settingsOf({ volumes: { storageClass: 'nfs', accessMode: 'ReadWriteMany' } }),
      ),
    ],
  ],
  ['call-with-volume', [called({ volume: { size: '1Gi', mount_path: '/data' } })]],
  ['exposed', exposed(serviceOf({ expose: served }), settingsOf())],
  [
    'exposed-with-everything',
    exposed(
      serviceOf({
        ...everything,
        ...mounted('minio.default'),
        expose: {
          api_port: [80, 9090],
          nodePort: [30080, 0],
          min_scale: 2,
          max_scale: 5,
          cpu_threshold: 50,
          rewrite_target: true,
          health_path: 'health',
        },
      }),
      settingsOf(),
    ),
  ],
  ['exposed-image', exposed(serviceOf({ expose: { ...served, default_command: true } }), settingsOf())],
];

/** An event that is too large for a variable, in parts. */
export const largeJob = (size: number): Manifest[] => jobOf({}, JSON.stringify({ text: 'x'.repeat(size) }));
