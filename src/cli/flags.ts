import { cacheDirFlag, dataDirFlag, type Flag } from '../config.ts';

const minioImage = 'quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z';

const flag = (name: string, about: string, rest: Partial<Flag> = {}): Flag => ({
  name,
  about,
  kind: 'switch',
  ...rest,
});
const text = (name: string, value: string, about: string, rest: Partial<Flag> = {}): Flag =>
  flag(name, about, { kind: 'text', value, ...rest });
const number = (name: string, value: string, about: string, standard: number): Flag =>
  flag(name, about, { kind: 'number', value, default: standard });

/** What every command takes. */
export const everywhere = [
  flag('json', 'Print one JSON value a line, and nothing else, on stdout.'),
  dataDirFlag,
  cacheDirFlag,
] satisfies Flag[];

/** What `up` takes, and a config file may say. */
export const sandboxFlags = [
  text(
    'executor',
    'NAME',
    'Where services run: auto, local, docker, kind or kubernetes; auto is docker when an engine answers, else local.',
    { default: 'auto' },
  ),
  flag('no-fallback', 'Fail when the executor asked for cannot be had, instead of taking another with a warning.'),
  text('pull', 'WHEN', 'When images are fetched: always, missing or never.', {
    default: 'missing',
    choices: ['always', 'missing', 'never'],
  }),
  text('parts', 'DIR', 'All that kind makes a cluster of, in a folder: nothing is fetched.'),
  text('kind-image', 'IMAGE', 'The image of the node that kind makes.'),
  text('cluster-config', 'FILE', 'A configuration of kind that is added to that of its cluster.'),
  flag('with', 'What kind puts beside its cluster: registry.', { kind: 'list', value: 'NAME' }),
  number('registry-port', 'PORT', 'Port of --with registry, on 127.0.0.1.', 5001),
  text(
    'kubeconfig',
    'FILE',
    'Where the cluster of --executor kubernetes is told; else KUBECONFIG, else ~/.kube/config.',
  ),
  text('context', 'NAME', 'Which of the clusters told there is meant; else the current one.'),
  text('namespace', 'NAME', 'Where services run in it; else the one of the context.'),
  text(
    'supervisor',
    'IMAGE',
    'An image with supervisor and fwatchdog in /supervisor, where the cluster has no oscar-pvc.',
  ),
  text('host', 'ADDRESS', 'Address to listen on.', { default: '127.0.0.1' }),
  number('port', 'PORT', 'Port of the API; 0 is any free one.', 8080),
  number('s3-port', 'PORT', 'Port of the S3 store; 0 is any free one.', 9000),
  number('exposed-port', 'PORT', 'Port of exposed services; 0 is any free one.', 8081),
  flag('allow-host', 'A further name that clients may reach us by (repeatable).', { kind: 'list', value: 'NAME' }),
  flag('oidc-issuer', 'URL of an issuer of tokens whose users may come (repeatable).', { kind: 'list', value: 'URL' }),
  flag('oidc-group', 'A group of which users must be in one (repeatable); without, anyone whom an issuer knows.', {
    kind: 'list',
    value: 'NAME',
  }),
  flag('oidc-admin', 'The uid of a user who may read the log of the API (repeatable).', { kind: 'list', value: 'UID' }),
  flag('oidc-dev', 'Start an issuer on this machine, with two users to try things with: alice and bob.'),
  number('concurrency', 'N', 'Jobs that run at once; 0 is two for each core of this machine.', 0),
  number('service-concurrency', 'N', 'Jobs of one service that run at once; 0 is as many as may run at all.', 0),
  flag('resource-manager', 'Delegate a job of a federated service when no place is free for it here.'),
  flag(
    'rescheduler',
    'Delegate a job of a federated service when it has waited for its `rescheduler_threshold` (30 s).',
  ),
  number('run-timeout', 'SECONDS', 'After which a synchronous call is ended; 0 is never.', 300),
  number('job-timeout', 'SECONDS', 'After which a job is ended; 0 is never.', 0),
  number('keep-jobs', 'N', 'Finished invocations that are kept per service.', 1000),
  number('keep-days', 'N', 'Days that finished invocations are kept.', 30),
  flag('keep-bytes', 'Overwritten and deleted objects that are kept for replay.', {
    kind: 'size',
    value: 'SIZE',
    default: '1Gi',
  }),
  flag('keep-log-bytes', 'The longest log of one invocation.', {
    kind: 'size',
    value: 'SIZE',
    default: '16Mi',
  }),
  text(
    'objects',
    'STORE',
    'Where objects are kept: auto, embedded, minio (in a container), or http://KEY:SECRET@HOST:PORT; auto is embedded, and with kind the MinIO in its cluster.',
    {
      default: 'auto',
    },
  ),
  text('minio-image', 'IMAGE', 'The image of --objects minio.', { default: minioImage }),
] satisfies Flag[];

const aside =
  /^(executor|no-fallback|host|with|registry-port|port|s3-port|exposed-port|allow-host|oidc-.*|resource-manager|rescheduler|objects|minio-image|keep-.*|.*concurrency)$/;

/** What a sandbox that is there for one run may be told. */
export const trialFlags: Flag[] = sandboxFlags.filter(({ name }) => !aside.test(name));

/** What a config file may say. */
export const fileFlags: Flag[] = [...sandboxFlags, dataDirFlag, cacheDirFlag];

export const detach = flag('detach', 'Run in the background.', { short: 'd' });
export const waitServed = flag('wait', 'Wait until the folder is served.');
export const waitEnded = flag('wait', 'Wait until the job has ended, and print its log.');
export const yes = flag('yes', 'Do not ask.', { short: 'y' });
export const input = text('input', 'TEXT', 'What the service gets, as text.', { short: 'i' });
export const file = text('file', 'FILE', 'What the service gets, from a file; - is stdin.', { short: 'f' });
export const fdl = text('file', 'FILE', 'Delete the services of this FDL file.', { short: 'f' });
export const executors = text('executors', 'NAMES', 'The executors that are compared, the first with each other one.', {
  default: 'docker,local',
});
export const fdlOfService = text(
  'file',
  'PATH',
  'Take the service from this FDL file or folder, and not from the running sandbox.',
  { short: 'f' },
);
export const asCall = flag('run', 'Call the service and compare its answers too.');
export const asJob = flag('job', 'Start the service as a job, by an upload when it listens to a bucket.');
export const output = text('output', 'FILE', 'Where the answer goes.', { short: 'o' });
export const follow = flag('follow', 'Keep printing until the invocation has ended.', { short: 'f' });
export const timestamps = flag('timestamps', 'Show when each line was written.', { short: 't' });
export const all = flag('all', 'List the invocations of the service instead.');
export const recent = flag('recent', 'Tell what happened lately, and end.');
export const goOn = flag('follow', 'With --recent: do not end, tell also what happens next.', { short: 'f' });
export const today = flag('today', 'Run the service as it is today, not as it was then.');
export const cluster = text('cluster', 'NAME', 'The cluster, as oscar-cli calls it; else its default.', { short: 'c' });
export const clusterFile = text('config', 'FILE', 'The configuration of oscar-cli; else ~/.oscar-cli/config.yaml.');
export const user = text('user', 'NAME', 'Those of a user of --oidc-dev: alice or bob.', { short: 'u' });
export const token = text('token', 'TOKEN', 'An access token for the cluster; better in OSCAR_SANDBOX_TOKEN.');
export const authority = text('ca', 'FILE', 'Further authorities that the certificate may come from, in PEM.');
export const patience = number('timeout', 'SECONDS', 'How long the cluster may take for one answer.', 120);
export const dryRun = flag('dry-run', 'Show what would change, and send nothing.');
