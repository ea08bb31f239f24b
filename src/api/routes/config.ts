import { decodeJson } from '../../declare/decode.ts';
import { json } from '../answer.ts';
import { readBody } from '../body.ts';
import type { ApiParts } from '../parts.ts';
import { prefixed } from '../prefixed.ts';
import type { Route } from '../route.ts';

const setting = 'allowed_image_repositories';

/** How this OSCAR is set up, and the one thing of it that can be changed: which images are allowed. */
export const configRoutes = ({ store, buckets }: ApiParts): Route[] => [
  {
    method: 'get',
    path: '/system/config',
    access: 'admin',
    handle: () => {
      const { url, region, accessKey, secretKey } = buckets.endpoint();
      return json(200, {
        config: platformConfig,
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
    access: 'admin',
    handle: async ({ request }) => {
      const allowed = allowedIn(await readBody(request));
      await store.settings.set(setting, allowed);
      return json(200, allowed);
    },
  },
];

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
  volume_enable: false,
  // OSCAR: a list that was never set reads as one empty name.
  oidc_groups: [''],
  minio_quota_enabled: false,
};

const allowedIn = (body: Buffer): string[] | null =>
  prefixed(
    'The configuration specification is not valid: ',
    () => decodeJson(body, { [setting]: ['string'] }).value[setting] ?? null,
  );
