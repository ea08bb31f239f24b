import { randomBytes } from 'node:crypto';
import { decodeJson } from '../../declare/decode.ts';
import { asSandboxError } from '../../model/errors.ts';
import { splitPath } from '../../model/service.ts';
import type { Bucket, Buckets, Page } from '../../objects/buckets.ts';
import { type Answer, empty, json, refusal, text } from '../answer.ts';
import { readBody } from '../body.ts';
import { goTime, sizeText } from '../formats.ts';
import { sorted } from '../json.ts';
import { afterOf, pageToken } from '../paging.ts';
import type { ApiParts } from '../parts.ts';
import { prefixed } from '../prefixed.ts';
import type { Call, Route } from '../route.ts';

const all = '/system/buckets';
const one = `${all}/:bucket`;
const shape = { bucket_name: 'string', visibility: 'string', allowed_users: ['string'] } as const;

/** Buckets. The administrator's have no visibility: OSCAR keeps that in policies, which he needs none of. */
export function bucketRoutes({ buckets }: ApiParts): Route[] {
  return [
    {
      method: 'get',
      path: all,
      access: 'admin',
      handle: async () => json(200, (await buckets.list()).map(listed)),
    },
    {
      method: 'post',
      path: all,
      access: 'admin',
      handle: async ({ request }) => {
        const { bucket_name: path = '' } = bucketIn(await readBody(request));
        const { bucket, folder } = splitPath(trimmed(path));
        await create(buckets, bucket);
        if (folder) await buckets.put(bucket, `${folder}/`, { bytes: Buffer.alloc(0) }, {});
        return empty(201);
      },
    },
    {
      method: 'put',
      path: all,
      access: 'admin',
      handle: async ({ request }) => {
        const { bucket_name: path = '' } = bucketIn(await readBody(request));
        return updated(buckets, splitPath(trimmed(path)).bucket);
      },
    },
    {
      // Not OSCAR's, but what its command line 2.x asks for.
      method: 'put',
      path: one,
      access: 'admin',
      handle: async ({ request, params }) => {
        bucketIn(await readBody(request));
        return updated(buckets, params.bucket ?? '');
      },
    },
    { method: 'get', path: one, access: 'admin', handle: (call) => read(buckets, call) },
    {
      method: 'delete',
      path: one,
      access: 'admin',
      handle: async ({ params }) => {
        const name = params.bucket ?? '';
        if (!(await buckets.tags(name))) return text(404, `The bucket '${name}' does not exist`);
        await buckets.remove(name);
        return empty(204);
      },
    },
  ];
}

const bucketIn = (body: Buffer) =>
  prefixed('The Bucket specification is not valid: ', () => decodeJson(body, shape).value);

const trimmed = (path: string): string => path.replace(/^[ /]+|[ /]+$/g, '');

async function create(buckets: Buckets, name: string): Promise<void> {
  const failed = (why: string) => refusal(text(400, `Error creating bucket with name '${name}': ${why}`));
  // OSCAR: told by its S3 library, before any server is asked.
  if (name === '') {
    throw failed(
      'error creating bucket : InvalidParameter: 1 validation error(s) found.\n- minimum field size of 1, CreateBucketInput.Bucket.\n',
    );
  }
  try {
    await buckets.create(name, { owner: 'oscar', owner_name: 'oscar' });
  } catch (error) {
    const { code } = asSandboxError(error);
    if (code === 'conflict') throw failed(`the bucket "${name}" already exists\n`);
    if (code === 'invalid')
      throw failed(`error creating bucket ${name}: InvalidBucketName: The specified bucket is not valid.${trace(400)}`);
    throw error;
  }
}

/** How OSCAR's S3 library ends what a server told it. */
const trace = (status: number): string => `\n\tstatus code: ${status}, request id: ${hex(8)}, host id: ${hex(32)}`;
const hex = (bytes: number): string => randomBytes(bytes).toString('hex').toUpperCase();

async function updated(buckets: Buckets, name: string): Promise<Answer> {
  const bucket = await buckets.find(name);
  if (!bucket) return text(500, 'Missing bucket metadata: \n');
  if (bucket.tags.service === 'true') return text(403, "Forbidden action: A bucket from a service can't be modified\n");
  return empty(204);
}

const usage = ({ objects, bytes }: Bucket) => ({
  storage_quota: { source: 'unset' },
  storage_usage: { used: sizeText(bytes), used_bytes: bytes, ...(objects > 0 ? { objects } : {}) },
  attribution: 'complete',
});

function listed(bucket: Bucket) {
  const { owner = '', ...metadata } = bucket.tags;
  return {
    bucket_name: bucket.name,
    visibility: '',
    allowed_users: null,
    owner,
    metadata: sorted(metadata),
    ...usage(bucket),
  };
}

async function read(buckets: Buckets, { params, query }: Call): Promise<Answer> {
  const name = params.bucket ?? '';
  const failed = (why: string) => text(500, `Error listing objects in bucket '${name}': ${why}`);
  const bucket = await buckets.find(name);
  if (!bucket) return failed(`NoSuchBucket: The specified bucket does not exist${trace(404)}`);
  const page = await pageOf(buckets, name, query);
  if (!page) return failed(`InvalidArgument: The continuation token provided is incorrect${trace(400)}`);
  const objects = page.objects.map(({ key, size, modifiedAt }) => ({
    object_name: key,
    size_bytes: size,
    last_modified: goTime(modifiedAt),
  }));
  return json(200, {
    bucket_name: name,
    visibility: '',
    allowed_users: null,
    owner: bucket.tags.owner || 'cluster_admin',
    metadata: sorted(bucket.tags),
    ...(objects.length > 0 ? { objects } : {}),
    ...usage(bucket),
    ...(page.next ? { next_page: pageToken(page.next) } : {}),
    is_truncated: page.next !== undefined,
    returned_items: objects.length,
  });
}

/** A page of objects; nothing when the token in the query is none of ours. */
async function pageOf(buckets: Buckets, name: string, query: URLSearchParams): Promise<Page | undefined> {
  const page = afterOf(query.get('page') ?? '');
  if (page === undefined) return undefined;
  const wanted = Number(query.get('limit') ?? '');
  const limit = Number.isInteger(wanted) && wanted >= 1 ? Math.min(wanted, 1000) : 70;
  return buckets.objects(name, { prefix: query.get('prefix') || undefined, page: page || undefined, limit });
}
