import { randomBytes } from 'node:crypto';
import { decodeJson } from '../../declare/decode.ts';
import { type BucketRule, rightOf, ruleOf } from '../../model/bucketrule.ts';
import { asSandboxError } from '../../model/errors.ts';
import { labelOf, type Person } from '../../model/person.ts';
import { splitPath } from '../../model/service.ts';
import type { Bucket, Buckets, Page } from '../../objects/buckets.ts';
import { type Answer, empty, json, refusal, text } from '../answer.ts';
import { readBody } from '../body.ts';
import { detailed, listed, type Seen } from '../bucketview.ts';
import { goTime } from '../formats.ts';
import { afterOf, pageToken } from '../paging.ts';
import type { ApiParts } from '../parts.ts';
import { prefixed } from '../prefixed.ts';
import type { PersonalCall, Route } from '../route.ts';

const all = '/system/buckets';
const one = `${all}/:bucket`;
/** What a request says of a bucket. */
export const bucketShape = { bucket_name: 'string', visibility: 'string', allowed_users: ['string'] } as const;

/** Buckets: list, create, change who may use one, read, delete. */
export function bucketRoutes(parts: ApiParts): Route[] {
  const { buckets, store } = parts;
  const kept = store.bucketRules;
  return [
    {
      method: 'get',
      path: all,
      access: 'person',
      handle: async ({ person }) => {
        const seen = (await buckets.list()).map((bucket) => seenBy(person, bucket, kept.get(bucket.name)));
        return json(200, seen.filter(({ rule }) => mayUse(person, rule)).map(listed));
      },
    },
    {
      method: 'post',
      path: all,
      access: 'person',
      handle: async ({ request, person }) => {
        const wanted = bucketIn(await readBody(request));
        const { bucket, folder } = splitPath(trimmed(wanted.bucket_name ?? ''));
        await create(buckets, bucket, person);
        if (person.kind === 'user') await setRule(parts, bucket, ruleIn(wanted, person));
        if (folder) await buckets.put(bucket, `${folder}/`, { bytes: Buffer.alloc(0) }, {});
        return empty(201);
      },
    },
    {
      method: 'put',
      path: all,
      access: 'person',
      handle: async ({ request, person }) => {
        const wanted = bucketIn(await readBody(request));
        return updated(parts, { name: splitPath(trimmed(wanted.bucket_name ?? '')).bucket, wanted, person });
      },
    },
    {
      // Not OSCAR's, but what its command line 2.x asks for.
      method: 'put',
      path: one,
      access: 'person',
      handle: async ({ request, params, person }) =>
        updated(parts, { name: params.bucket ?? '', wanted: bucketIn(await readBody(request)), person }),
    },
    { method: 'get', path: one, access: 'person', handle: (call) => read(parts, call) },
    {
      method: 'delete',
      path: one,
      access: 'person',
      handle: async ({ params, person }) => {
        const name = params.bucket ?? '';
        const tags = await buckets.tags(name);
        if (!tags) return text(404, `The bucket '${name}' does not exist`);
        if (!isTheirs(person, ruleOf(tags, kept.get(name)))) return text(403, notAuthorised(person));
        await buckets.remove(name);
        if (kept.get(name)) await kept.forget(name);
        await buckets.usersChanged();
        return empty(204);
      },
    },
  ];
}

type Wish = ReturnType<typeof bucketIn>;

const seenBy = (person: Person, bucket: Bucket, kept: BucketRule | undefined): Seen => ({
  bucket,
  rule: ruleOf(bucket.tags, kept),
  person,
});

const mayUse = (person: Person, rule: BucketRule | undefined): boolean =>
  person.kind === 'admin' || rightOf(rule, person.uid) !== undefined;

const isTheirs = (person: Person, rule: BucketRule | undefined): boolean =>
  person.kind === 'admin' || rightOf(rule, person.uid) === 'own';

const notAuthorised = ({ uid }: Person): string => `User '${uid}' is not authorised`;

/** OSCAR: a word that is no visibility makes a bucket public. */
function ruleIn({ visibility, allowed_users = [] }: Wish, { uid }: Person, before?: BucketRule): BucketRule {
  const word = visibility || before?.visibility || 'private';
  const known = ['private', 'restricted'].includes(word) ? word : 'public';
  return { owner: uid, visibility: known, allowedUsers: known === 'restricted' ? allowed_users : [] };
}

async function setRule({ buckets, store }: ApiParts, bucket: string, rule: BucketRule): Promise<void> {
  await store.bucketRules.set(bucket, rule);
  await buckets.usersChanged();
}

const bucketIn = (body: Buffer) =>
  prefixed('The Bucket specification is not valid: ', () => decodeJson(body, bucketShape).value);

const trimmed = (path: string): string => path.replace(/^[ /]+|[ /]+$/g, '');

async function create(buckets: Buckets, name: string, person: Person): Promise<void> {
  const failed = (why: string) => refusal(text(400, `Error creating bucket with name '${name}': ${why}`));
  // OSCAR: told by its S3 library, before any server is asked.
  if (name === '') {
    throw failed(
      'error creating bucket : InvalidParameter: 1 validation error(s) found.\n- minimum field size of 1, CreateBucketInput.Bucket.\n',
    );
  }
  try {
    const owner = person.kind === 'admin' ? person.name : person.uid;
    await buckets.create(name, { owner, owner_name: labelOf(person.name) });
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

/** OSCAR: 204 also for a bucket that is somebody else's, to which nothing is done. */
async function updated(
  parts: ApiParts,
  { name, wanted, person }: { name: string; wanted: Wish; person: Person },
): Promise<Answer> {
  const { buckets, store } = parts;
  const tags = await buckets.tags(name);
  if (!tags) return text(500, 'Missing bucket metadata: \n');
  if (tags.service === 'true') return text(403, "Forbidden action: A bucket from a service can't be modified\n");
  const rule = ruleOf(tags, store.bucketRules.get(name));
  if (person.kind === 'user' && isTheirs(person, rule)) await setRule(parts, name, ruleIn(wanted, person, rule));
  return empty(204);
}

async function read({ buckets, store }: ApiParts, { params, query, person }: PersonalCall): Promise<Answer> {
  const name = params.bucket ?? '';
  const failed = (why: string) => text(500, `Error listing objects in bucket '${name}': ${why}`);
  const bucket = await buckets.find(name);
  const seen = bucket && seenBy(person, bucket, store.bucketRules.get(name));
  // OSCAR shows a user the private buckets of others, too.
  if (!mayUse(person, seen?.rule)) return text(403, notAuthorised(person));
  if (!seen) return failed(`NoSuchBucket: The specified bucket does not exist${trace(404)}`);
  const page = await pageOf(buckets, name, query);
  if (!page) return failed(`InvalidArgument: The continuation token provided is incorrect${trace(400)}`);
  const objects = page.objects.map(({ key, size, modifiedAt }) => ({
    object_name: key,
    size_bytes: size,
    last_modified: goTime(modifiedAt),
  }));
  return json(200, {
    ...detailed(seen, objects),
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
