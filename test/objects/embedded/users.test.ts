import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Accounts, createAccounts } from '../../../src/store/accounts.ts';
import { type BucketRules, createBucketRules } from '../../../src/store/bucketrules.ts';
import { outcomeOf, usersContract } from '../../contracts/users.ts';
import { clientOf, createWorld, failureOf, keys, type World } from './world.ts';

usersContract('embedded', async () => {
  const { embedded: objects, db, url, s3, close } = await createWorld();
  return { objects, accounts: createAccounts(db), rules: createBucketRules(db), url, s3, close };
});

let world: World;
let accounts: Accounts;
let rules: BucketRules;
const clients: Record<string, S3Client> = {};
const client = (who: string): S3Client => clients[who] ?? expect.fail(`nobody is called ${who}`);

const put = (Bucket: string, Key = 'a') => new PutObjectCommand({ Bucket, Key, Body: 'x' });
const outcome = (who: string, command: object) => outcomeOf(client(who), command);
const bucket = async (name: string, owner: string, rule?: { visibility: string; allowedUsers?: string[] }) => {
  await world.embedded.create(name, { owner });
  if (rule) await rules.set(name, { owner, allowedUsers: [], ...rule });
  await world.embedded.put(name, 'a', { bytes: Buffer.from(name) }, {});
};

beforeAll(async () => {
  world = await createWorld();
  accounts = createAccounts(world.db);
  rules = createBucketRules(world.db);
  for (const uid of ['alice', 'bob', 'carol', 'auth0|d@v/e']) {
    const { secret } = await accounts.ensure(uid);
    clients[uid] = clientOf(world.url, { credentials: { accessKeyId: uid, secretAccessKey: secret } });
  }
  clients.admin = world.s3;
  await bucket('of-admin', 'oscar');
  await bucket('of-service', '');
  await bucket('private', 'alice');
  await bucket('listed', 'alice', { visibility: 'restricted', allowedUsers: ['bob'] });
  await bucket('public', 'alice', { visibility: 'public' });
});
afterAll(async () => {
  for (const one of Object.values(clients)) one.destroy();
  await world.close();
});

describe('users of the store', () => {
  it('makes no bucket, and deletes only the own one, which takes its rule along', async () => {
    expect(await outcome('bob', new CreateBucketCommand({ Bucket: 'new-one' }))).toBe('AccessDenied');
    expect(await world.embedded.tags('new-one')).toBeUndefined();
    await world.embedded.create('short', { owner: 'bob' });
    await rules.set('short', { owner: 'bob', visibility: 'public', allowedUsers: [] });
    expect(await outcome('bob', new CreateBucketCommand({ Bucket: 'short' }))).toBe('BucketAlreadyOwnedByYou');
    expect(await outcome('alice', new DeleteBucketCommand({ Bucket: 'short' }))).toBe('AccessDenied');
    expect(await outcome('bob', new DeleteBucketCommand({ Bucket: 'short' }))).toBe('none');
    expect(rules.get('short')).toBeUndefined();
  });

  it('copies only what they may read to where they may write', async () => {
    const copy = (from: string, Bucket: string) => new CopyObjectCommand({ Bucket, Key: 'copied', CopySource: from });
    expect(await outcome('bob', copy('private/a', 'public'))).toBe('AccessDenied');
    expect(await outcome('bob', copy('listed/a', 'private'))).toBe('AccessDenied');
    expect(await outcome('bob', copy('listed/a', 'public'))).toBe('none');
    const { UploadId } = await client('bob').send(new CreateMultipartUploadCommand({ Bucket: 'public', Key: 'parts' }));
    const part = { Bucket: 'public', Key: 'parts', UploadId, PartNumber: 1 };
    expect(await outcome('bob', new UploadPartCopyCommand({ ...part, CopySource: 'private/a' }))).toBe('AccessDenied');
  });

  it("a link is as good as the rights of whoever signed it, and a bucket's policy lets users in as everyone", async () => {
    const link = (who: string, Bucket: string) =>
      getSignedUrl(client(who), new GetObjectCommand({ Bucket, Key: 'a' }), { expiresIn: 60 });
    expect((await fetch(await link('alice', 'private'))).status).toBe(200);
    expect((await fetch(await link('bob', 'private'))).status).toBe(403);
    expect(await outcome('bob', new HeadObjectCommand({ Bucket: 'private', Key: 'a' }))).not.toBe('none');
    await bucket('opened', 'alice');
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::opened/*' }],
    });
    expect(await outcome('bob', new GetObjectCommand({ Bucket: 'opened', Key: 'a' }))).toBe('AccessDenied');
    expect(await outcome('alice', new PutBucketPolicyCommand({ Bucket: 'opened', Policy }))).toBe('none');
    expect(await outcome('bob', new GetObjectCommand({ Bucket: 'opened', Key: 'a' }))).toBe('none');
    expect(await outcome('bob', put('opened'))).toBe('AccessDenied');
  });

  it('an upload tells who made it', async () => {
    await client('bob').send(put('public', 'told'));
    expect(world.heard.at(-1)?.event).toMatchObject({ key: 'told', principal: 'bob' });
  });

  it("nobody listens to everything but the administrator, and a stranger's key is none", async () => {
    const signed = async (who: string, path: string) => {
      const url = new URL(await getSignedUrl(client(who), new ListBucketsCommand({}), { expiresIn: 60 }));
      const answer = await fetch(`${world.url}${path}${path.includes('?') ? '&' : '?'}${url.search.slice(1)}`);
      return answer.status;
    };
    expect(await signed('bob', '/?events=s3:ObjectCreated:*')).toBe(403);
    const stranger = clientOf(world.url, { credentials: { accessKeyId: 'mallory', secretAccessKey: 'x' } });
    expect((await failureOf(stranger.send(new ListBucketsCommand({})))).name).toBe('InvalidAccessKeyId');
    const liar = clientOf(world.url, { credentials: { accessKeyId: keys.accessKey, secretAccessKey: 'x' } });
    expect((await failureOf(liar.send(new ListBucketsCommand({})))).name).toBe('SignatureDoesNotMatch');
    stranger.destroy();
    liar.destroy();
  });
});
