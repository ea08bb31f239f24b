import { basic, type StartedApi } from './started.ts';

const script =
  '#!/bin/sh\necho hello from $OSCAR_SERVICE_NAME\nif [ -n "$INPUT_FILE_PATH" ]; then cat "$INPUT_FILE_PATH"; fi\n';

const named = (name: string, more: object = {}) => ({ name, image: 'ghcr.io/grycap/cowsay', script, ...more });
const dgzA = (more: object = {}) =>
  named('dgz-a', {
    input: [{ storage_provider: 'minio.default', path: 'dgz-a/in' }],
    output: [{ storage_provider: 'minio', path: '/dgz-a/out/' }],
    ...more,
  });
const visible = (visibility: string) =>
  named('dgz-vis', {
    owner: 'cluster_admin',
    visibility,
    allowed_users: ['u1'],
    input: [{ storage_provider: 'minio.default', path: 'dgz-vis/in' }],
  });

const full = named('dgz-full', {
  cluster_id: 'oscar',
  memory: '1Gi',
  cpu: '500m',
  total_memory: '2Gi',
  total_cpu: '1',
  ephemeral_storage_request: '1Gi',
  synchronous: { min_scale: 1, max_scale: 3 },
  log_level: 'critical',
  alpine: true,
  file_stage_in: true,
  input: [{ storage_provider: 'MinIO.default', path: ' /dgz-full/in/ ', suffix: ['.jpg'], prefix: ['a'] }],
  output: [{ storage_provider: 'minio', path: 'out', suffix: ['.png', '.txt'] }],
  script: '#!/bin/sh\r\necho "<&>"\r\n',
  environment: { Variables: { B: '2', A: '1' }, variables: { C: '3' } },
  annotations: { 'x.y/z': 'w' },
  vo: 'oscar',
  labels: { team: 'blue' },
  clusters: { c1: { endpoint: 'http://x', auth_user: 'u', auth_password: 'p', ssl_verify: true } },
  visibility: 'restricted',
  allowed_users: [' u1 ', '', 'u2'],
  isolation_level: 'SERVICE',
  bucket_list: ['dgz-zz'],
});

type Step = (api: StartedApi) => Promise<unknown>;

const send = (method: string, path: string, body?: object): Step => {
  return async ({ ask }) => {
    const answer = await ask(path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  };
};
const post = (service: object) => send('POST', '/system/services', service);
const put = (service: object) => send('PUT', '/system/services', service);
const drop = (name: string) => send('DELETE', `/system/services/${name}`);
const onlyBucket = (name: string): Step => {
  return async ({ buckets }) => {
    for (const bucket of await buckets.list()) if (bucket.name !== name) await buckets.remove(bucket.name);
  };
};
const onlyService = (name: string): Step => {
  return async ({ store, ask }) => {
    const others = store.services.list().filter((service) => service.name !== name);
    for (const other of others) await ask(`/system/services/${other.name}`, { method: 'DELETE' });
  };
};

/** What the requests that are not kept had done, before the row of this id. */
export const before: Record<string, Step[]> = {
  'config.blocks.service': [send('PUT', '/system/config', { allowed_image_repositories: ['ghcr.io/grycap'] })],
  'svc.type.allowed-string': [drop('dgz-x')],
  'a.get.again': [post(dgzA())],
  'a.put.get': [put(dgzA({ memory: '512Mi', cpu: '0.5', log_level: 'debug', owner: 'cluster_admin' }))],
  'a.put.noowner.get': [put(dgzA())],
  'a.delete.again': [drop('dgz-a')],
  'page.deleteall': [post(named('dgz-pg'))],
  'own.delete': [put(named('dgz-own', { input: [{ storage_provider: 'minio.default', path: 'dgz-own/in' }] }))],
  'full.get': [post(full)],
  'min.visibility.list': [
    onlyService('dgz-min'),
    put(named('dgz-min', { owner: 'cluster_admin', visibility: 'weird' })),
  ],
  'len39.get': [post(named(`dgz-${'x'.repeat(35)}`))],
  'nopath.bucket': [
    post(
      named('dgz-np', {
        input: [{ storage_provider: 'minio.default', path: 'onlyfolder' }],
        output: [{ storage_provider: 'minio.default', path: 'out' }],
      }),
    ),
  ],
  'share.create': [send('POST', '/system/buckets', { bucket_name: 'dgz-share' })],
  'sec.dup': [post(named('dgz-sec', { environment: { secrets: { K: 'v' } } }))],
  'vis.put.private.get': [put(visible('restricted')), put(visible('private'))],
  'mnt.delete': [post(named('dgz-mnt', { mount: { storage_provider: 'minio.default', path: 'dgz-mnt' } }))],
  'b.list': [onlyBucket('dgz-b1')],
  'v.get': [send('POST', '/system/volumes', { name: 'dgz-v', size: '1Gi' })],
  'v.attach.vol': [post(named('dgz-va', { volume: { name: 'dgz-v', mount_path: '/data/' } }))],
  'v.svc.retain.vol': [
    post(named('dgz-vr', { volume: { size: '512Mi', mount_path: '/data', lifecycle_policy: 'retain' } })),
  ],
  'v.svc.retain.clean': [drop('dgz-vr')],
  'f.put.get': [
    send('PUT', '/system/federation/dgz-fed', {
      members: [{ type: 'endpoint', url: 'http://127.0.0.1:9/' }],
      update: [{ type: 'endpoint', url: 'http://127.0.0.1:9/', priority: 1, headers: { a: 'b' } }],
    }),
  ],
  'v.svc.delete.del': [post(named('dgz-vd', { volume: { size: '1Gi', mount_path: '/data' } }))],
};

/** The header that a row's `auth` stands for. */
export function authOf(auth: string, api: StartedApi): Record<string, string> {
  const [user = '', password = ''] = Buffer.from(basic.slice(6), 'base64').toString().split(/:(.*)/s);
  const encoded = (pair: string) => Buffer.from(pair).toString('base64');
  if (auth === 'none') return {};
  if (auth === 'basic') return { Authorization: basic };
  if (auth === 'trailing') return { Authorization: `${basic}  ` };
  if (auth === 'basiclower') return { Authorization: `basic ${encoded(`${user}:${password}`)}` };
  if (auth.startsWith('basic:'))
    return { Authorization: `Basic ${encoded(auth.slice(6).replace('{pass}', password))}` };
  return { Authorization: filled(auth, api) };
}

/** A text of a row with what only this server knows put in. */
export const filled = (text: string, api: StartedApi): string =>
  text.replaceAll('{atoken2}', api.token('dgz-a')).replaceAll('{job}', 'dgz-a-gone');
