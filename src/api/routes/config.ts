import { decodeJson } from '../../declare/decode.ts';
import { keysOf } from '../accounts.ts';
import { json } from '../answer.ts';
import { readBody } from '../body.ts';
import type { ApiParts } from '../parts.ts';
import { prefixed } from '../prefixed.ts';
import type { Route } from '../route.ts';

const setting = 'allowed_image_repositories';

/** How this OSCAR is set up, and the one thing of it that can be changed: which images are allowed. */
export const configRoutes = (parts: ApiParts): Route[] => [
  {
    method: 'get',
    path: '/system/config',
    access: 'person',
    handle: async ({ person }) => {
      const { store, buckets, people } = parts;
      const { url, region, ...root } = buckets.endpoint();
      const { accessKey, secretKey } = person.kind === 'admin' ? root : ((await keysOf(parts, person)) ?? noKeys);
      return json(200, {
        // OSCAR: a list that was never set reads as one empty name.
        config: { ...platformConfig, oidc_groups: people.groups.length > 0 ? people.groups : [''] },
        minio_provider: {
          endpoint: url,
          verify: url.startsWith('https:'),
          access_key: accessKey,
          secret_key: secretKey,
          region,
        },
        allowed_image_repositories: store.settings.get<string[] | null>(setting, []),
      });
    },
  },
  {
    method: 'put',
    path: '/system/config',
    access: 'person',
    handle: async ({ request, person }) => {
      if (person.kind !== 'admin') return json(401, '');
      const allowed = allowedIn(await readBody(request));
      await parts.store.settings.set(setting, allowed);
      return json(200, allowed);
    },
  },
];

/** Of a user whose store has no account for them. */
const noKeys = { accessKey: '', secretKey: '' };

const platformConfig = {
  name: 'oscar',
  namespace: 'oscar',
  services_namespace: 'oscar-svc',
  controller_service_account: 'oscar-sa',
  gpu_available: false,
  interLink_available: false,
  serverless_backend: 'knative',
  yunikorn_enable: false,
  kueue_enable: false,
  volume_enable: true,
  oidc_groups: [''],
  minio_quota_enabled: false,
};

/** What of the configuration can be set. */
export const configShape = { [setting]: ['string'] } as const;

const allowedIn = (body: Buffer): string[] | null =>
  prefixed(
    'The configuration specification is not valid: ',
    () => decodeJson(body, configShape).value[setting] ?? null,
  );
