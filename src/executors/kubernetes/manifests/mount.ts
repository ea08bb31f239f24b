import type { MinioProvider, S3Provider, Service, WebdavProvider } from '../../../model/service.ts';
import { provider } from '../../../model/service.ts';
import type { Variable } from './environment.ts';
import { storeSecretOf } from './secrets.ts';
import type { Settings } from './settings.ts';

type Fields = Record<string, unknown>;

/** What a pod needs so that its container finds a bucket as a folder; nothing where the service mounts nothing. */
export interface Sidecar {
  initContainers: Fields[];
  volumes: Fields[];
  mounts: Fields[];
}

const none: Sidecar = { initContainers: [], volumes: [], mounts: [] };
const root = '/mnt';
const NAME = 'shared-data';

// OSCAR's.
const flags = '--dir-cache-time 10s --allow-other --allow-non-empty --umask 0007 --uid 1000 --gid 100 --no-checksum';

const setting = (values: Record<string, string>): Variable[] =>
  Object.entries(values).map(([name, value]) => ({ name: `RCLONE_CONFIG_STORE_${name}`, value }));

const s3 = (kind: string, { access_key, secret_key, region }: S3Provider): Variable[] =>
  setting({
    TYPE: 's3',
    PROVIDER: kind,
    REGION: region,
    ACCESS_KEY_ID: access_key,
    SECRET_ACCESS_KEY: secret_key,
  });

const minio = ({ endpoint, ...keys }: MinioProvider): Variable[] => [
  ...s3('Minio', keys),
  ...setting({ ENDPOINT: endpoint }),
];

const webdav = ({ hostname, login, password }: WebdavProvider): Variable[] => [
  ...setting({ TYPE: 'webdav', VENDOR: 'other', URL: `https://${hostname}`, USER: login }),
  { name: 'MOUNT_PASSWORD', value: password },
];

/** The platform's own store: its keys stay in their Secret. */
function own(service: Service, settings: Settings): Variable[] {
  const { store } = settings;
  const from = (key: string) => ({ secretKeyRef: { name: storeSecretOf(service, settings), key } });
  return [
    ...setting({ TYPE: 's3', PROVIDER: 'Minio', REGION: store.region, ENDPOINT: store.endpoint }),
    { name: 'RCLONE_CONFIG_STORE_ACCESS_KEY_ID', valueFrom: from('accessKey') },
    { name: 'RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY', valueFrom: from('secretKey') },
  ];
}

/** How rclone reaches the storage of the mount; undefined when the service does not say how. */
function access(service: Service, settings: Settings): { env: Variable[]; verify: boolean } | undefined {
  const { definition } = service;
  const { type, id } = provider(definition.mount.storage_provider);
  const providers = definition.storage_providers;
  if (type === 'minio' && id === 'default') return { env: own(service, settings), verify: settings.store.verify };
  const [store, cloud, dav] = [providers.minio?.[id], providers.s3?.[id], providers.webdav?.[id]];
  if (type === 'minio' && store) return { env: minio(store), verify: store.verify };
  if (type === 's3' && cloud) return { env: s3('AWS', cloud), verify: true };
  if (type === 'webdav' && dav) return { env: webdav(dav), verify: true };
  return undefined;
}

/** OSCAR: what is no option is refused. */
const isOption = (options: string): boolean => /^[a-zA-Z0-9\-_.:=,/ ]*$/.test(options);

/** Why the mount of a service cannot be made, a sentence. */
export function mountFault(service: Service, settings: Settings): string | undefined {
  const { name, definition } = service;
  const { path, storage_provider, options } = definition.mount;
  if (!path) return undefined;
  if (!access(service, settings)) return `${name} mounts ${path} from ${storage_provider}, which is not defined.`;
  return isOption(options ?? '') ? undefined : `${name} mounts ${path} with options that are not allowed: ${options}.`;
}

// No `$(…)`: Kubernetes would look for a variable of that name.
const lines = (options: string): string => `mkdir -p "$MOUNT_FOLDER"
if [ -n "$MOUNT_PASSWORD" ]; then export RCLONE_CONFIG_STORE_PASS=\`rclone obscure "$MOUNT_PASSWORD"\`; fi
exec rclone mount "store:$MOUNT_PATH" "$MOUNT_FOLDER" ${options}`;

/** Mounts a bucket's folder beside the container, before that starts and until it has ended. OSCAR: a privileged rclone. */
export function mountSidecar(service: Service, settings: Settings): Sidecar {
  const { path, storage_provider, options } = service.definition.mount;
  const way = path ? access(service, settings) : undefined;
  if (!way || !isOption(options ?? '')) return none;
  const cache = provider(storage_provider).type === 'webdav' ? '--vfs-cache-mode full' : '';
  const verify = way.verify ? '' : '--no-check-certificate';
  const all = [flags, cache, verify, options ?? ''].filter(Boolean).join(' ');
  const where = [
    { name: 'MOUNT_PATH', value: path },
    { name: 'MOUNT_FOLDER', value: `${root}/${path}` },
  ];
  const sidecar = {
    name: 'rclone-container',
    image: 'rclone/rclone',
    imagePullPolicy: settings.pull,
    // One that goes on beside the container, and that this waits for.
    restartPolicy: 'Always',
    command: ['/bin/sh'],
    args: ['-c', lines(all)],
    env: [...where, ...way.env],
    ports: [{ containerPort: 9000 }],
    securityContext: { privileged: true },
    startupProbe: {
      exec: { command: ['/bin/sh', '-c', 'mountpoint -q "$MOUNT_FOLDER"'] },
      periodSeconds: 1,
      failureThreshold: 60,
    },
    volumeMounts: [{ name: NAME, mountPath: root, mountPropagation: 'Bidirectional' }],
  };
  return {
    initContainers: [sidecar],
    volumes: [{ name: NAME, emptyDir: {} }],
    mounts: [{ name: NAME, mountPath: root, mountPropagation: 'HostToContainer' }],
  };
}
