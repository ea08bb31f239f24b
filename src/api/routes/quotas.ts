import { decodeJson } from '../../declare/decode.ts';
import { type Answer, json, text } from '../answer.ts';
import { readBody } from '../body.ts';
import type { ApiParts } from '../parts.ts';
import { prefixed } from '../prefixed.ts';
import { changedLimits, quotaOf } from '../quota.ts';
import type { PersonalCall, Route } from '../route.ts';

const own = '/system/quotas/user';
const ofUser = `${own}/:userId`;
/** Not OSCAR's, but what its command line 2.x asks for. */
const short = '/system/quotas/:userId';

/** What a request changes of what a user may have: quantities. */
export const quotaShape = {
  cpu: 'string',
  memory: 'string',
  ephemeral_storage: 'string',
  gpu: 'string',
  volumes: { disk: 'string', volumes: 'string', max_disk_per_volume: 'string', min_disk_per_volume: 'string' },
  minio: { buckets: 'string', storage_per_bucket: 'string' },
} as const;

/** What users may have, and what they have. */
export function quotaRoutes(parts: ApiParts): Route[] {
  const read = async ({ person, params }: PersonalCall): Promise<Answer> =>
    person.kind === 'admin' ? json(200, await quotaOf(parts, params.userId ?? '')) : forbidden;
  const change = async ({ request, person, params }: PersonalCall): Promise<Answer> => {
    if (person.kind !== 'admin') return forbidden;
    const user = params.userId ?? '';
    const body = await readBody(request);
    const update = prefixed('invalid payload: ', () => decodeJson(body, quotaShape, 'QuotaUpdateRequest').value);
    const { cpu, memory, ephemeral_storage: disk, volumes = {}, minio = {} } = update;
    const compute = cpu || memory || disk;
    if (!compute && !says(volumes) && !says(minio)) return text(400, nothing);
    // OSCAR: Kueue is what holds users to these.
    if (compute) return text(503, 'kueue is not enabled: /system/quotas requires KUEUE_ENABLE=true');
    await parts.store.quotas.change(user, changedLimits(parts, user, { volumes, minio }));
    return json(200, await quotaOf(parts, user));
  };
  return [
    {
      method: 'get',
      path: own,
      access: 'person',
      handle: async ({ person }) =>
        person.kind === 'user' ? json(200, await quotaOf(parts, person.uid)) : text(401, nobody),
    },
    ...[ofUser, short].flatMap((path): Route[] => [
      { method: 'get', path, access: 'person', handle: read },
      { method: 'put', path, access: 'person', handle: change },
    ]),
  ];
}

const forbidden = text(403, 'forbidden');
const nobody = 'missing user identificator: missing user identificator';
const nothing = 'cpu, memory, ephemeral_storage, volumes or minio must be provided';

const says = (update: Record<string, string>): boolean => Object.values(update).some((value) => value !== '');
