import * as aws from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, failureOf, type World } from './world.ts';

const Bucket = 'settings';
let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.s3.send(new aws.CreateBucketCommand({ Bucket }));
});
afterAll(() => world.close());

describe('a bucket', () => {
  it('is created once, found, listed and deleted when empty', async () => {
    const fresh = { Bucket: 'fresh.bucket-1' };
    const created = await world.s3.send(new aws.CreateBucketCommand(fresh));
    expect(created.Location).toBe('/fresh.bucket-1');
    const again = await failureOf(world.s3.send(new aws.CreateBucketCommand(fresh)));
    expect(again).toEqual({ name: 'BucketAlreadyOwnedByYou', status: 409 });
    expect((await world.s3.send(new aws.HeadBucketCommand(fresh))).$metadata.httpStatusCode).toBe(200);
    const { Buckets, Owner } = await world.s3.send(new aws.ListBucketsCommand({}));
    expect(Buckets?.map((bucket) => bucket.Name)).toEqual(['fresh.bucket-1', Bucket]);
    expect(Buckets?.[0]?.CreationDate).toBeInstanceOf(Date);
    expect(Owner?.ID).toBeTruthy();
    await world.s3.send(new aws.PutObjectCommand({ ...fresh, Key: 'a', Body: '' }));
    const full = await failureOf(world.s3.send(new aws.DeleteBucketCommand(fresh)));
    expect(full).toEqual({ name: 'BucketNotEmpty', status: 409 });
    await world.s3.send(new aws.DeleteObjectCommand({ ...fresh, Key: 'a' }));
    await world.s3.send(new aws.DeleteBucketCommand(fresh));
    expect((await failureOf(world.s3.send(new aws.HeadBucketCommand(fresh)))).status).toBe(404);
  });

  it.each(['Upper', 'ab', 'under_score', 'a..b', '-a-b', '192.168.0.1', 'x'.repeat(64)])(
    'cannot be called %s',
    async (name) => {
      const refused = await failureOf(world.s3.send(new aws.CreateBucketCommand({ Bucket: name })));
      expect(refused).toEqual({ name: 'InvalidBucketName', status: 400 });
    },
  );

  it('is nowhere in particular', async () => {
    const { LocationConstraint } = await world.s3.send(new aws.GetBucketLocationCommand({ Bucket }));
    expect(LocationConstraint ?? '').toBe('');
  });

  it('has tags, answered with 200', async () => {
    const read = () => world.s3.send(new aws.GetBucketTaggingCommand({ Bucket }));
    expect(await failureOf(read())).toEqual({ name: 'NoSuchTagSet', status: 404 });
    const TagSet = [{ Key: 'a', Value: ' 1 ' }];
    const put = await world.s3.send(new aws.PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
    expect(put.$metadata.httpStatusCode).toBe(200);
    expect((await read()).TagSet).toEqual(TagSet);
    await world.s3.send(new aws.DeleteBucketTaggingCommand({ Bucket }));
    expect((await failureOf(read())).name).toBe('NoSuchTagSet');
  });

  it('keeps its CORS rules and its lifecycle, and lets them go', async () => {
    const cors = () => world.s3.send(new aws.GetBucketCorsCommand({ Bucket }));
    expect((await failureOf(cors())).name).toBe('NoSuchCORSConfiguration');
    const CORSRules = [{ AllowedMethods: ['GET'], AllowedOrigins: ['*'] }];
    await world.s3.send(new aws.PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
    expect((await cors()).CORSRules).toEqual(CORSRules);
    await world.s3.send(new aws.DeleteBucketCorsCommand({ Bucket }));
    expect((await failureOf(cors())).name).toBe('NoSuchCORSConfiguration');
    const lifecycle = () => world.s3.send(new aws.GetBucketLifecycleConfigurationCommand({ Bucket }));
    expect((await failureOf(lifecycle())).name).toBe('NoSuchLifecycleConfiguration');
    const Rules = [{ ID: 'r', Status: 'Enabled' as const, Filter: { Prefix: 'tmp/' }, Expiration: { Days: 1 } }];
    const LifecycleConfiguration = { Rules };
    await world.s3.send(new aws.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
    expect((await lifecycle()).Rules).toEqual(Rules);
  });

  it.each([
    [
      'encryption',
      () => new aws.GetBucketEncryptionCommand({ Bucket }),
      'ServerSideEncryptionConfigurationNotFoundError',
    ],
    [
      'object lock',
      () => new aws.GetObjectLockConfigurationCommand({ Bucket }),
      'ObjectLockConfigurationNotFoundError',
    ],
    ['replication', () => new aws.GetBucketReplicationCommand({ Bucket }), 'ReplicationConfigurationNotFoundError'],
    ['a website', () => new aws.GetBucketWebsiteCommand({ Bucket }), 'NoSuchWebsiteConfiguration'],
    ['a policy', () => new aws.GetBucketPolicyCommand({ Bucket }), 'NoSuchBucketPolicy'],
    ['metrics', () => new aws.ListBucketMetricsConfigurationsCommand({ Bucket }), 'NotImplemented'],
  ] as const)('says that it has no %s', async (_title, command, name) => {
    expect((await failureOf(world.s3.send(command() as aws.GetBucketPolicyCommand))).name).toBe(name);
  });

  it('has an access list that gives its owner everything', async () => {
    const { Grants } = await world.s3.send(new aws.GetBucketAclCommand({ Bucket }));
    expect(Grants?.map((grant) => grant.Permission)).toEqual(['FULL_CONTROL']);
    await world.s3.send(new aws.PutBucketAclCommand({ Bucket, ACL: 'private' }));
    const open = world.s3.send(new aws.PutBucketAclCommand({ Bucket, ACL: 'public-read' }));
    expect((await failureOf(open)).name).toBe('NotImplemented');
  });

  it('refuses what is no setting', async () => {
    const VersioningConfiguration = { Status: 'Perhaps' as 'Enabled' };
    const wrong = world.s3.send(new aws.PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    expect((await failureOf(wrong)).name).toBe('MalformedXML');
    const policy = world.s3.send(new aws.PutBucketPolicyCommand({ Bucket, Policy: '{' }));
    expect((await failureOf(policy)).name).toBe('MalformedPolicy');
  });
});

describe('without credentials', () => {
  const rule = (Effect: string, Action: string | string[], Resource: string) => ({
    Effect,
    Principal: '*',
    Action,
    Resource,
  });
  const allow = (...Statement: object[]) =>
    world.s3.send(
      new aws.PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement }) }),
    );
  const status = async (path: string, init: RequestInit = {}) => (await fetch(`${world.url}${path}`, init)).status;

  it('one may do what the policy says and nothing else', async () => {
    for (const Key of ['open/a', 'open/secret', 'shut']) {
      await world.s3.send(new aws.PutObjectCommand({ Bucket, Key, Body: Key }));
    }
    expect(await status(`/${Bucket}/open/a`)).toBe(403);
    await allow(
      rule('Allow', ['s3:GetObject'], `arn:aws:s3:::${Bucket}/open/*`),
      rule('Deny', 's3:*', `arn:aws:s3:::${Bucket}/open/secret`),
    );
    expect(await status(`/${Bucket}/open/a`)).toBe(200);
    expect(await status(`/${Bucket}/open/a`, { method: 'HEAD' })).toBe(200);
    expect(await status(`/${Bucket}/open/secret`)).toBe(403);
    expect(await status(`/${Bucket}/shut`)).toBe(403);
    expect(await status(`/${Bucket}`)).toBe(403);
    expect(await status(`/${Bucket}/open/b`, { method: 'PUT', body: 'x' })).toBe(403);
    expect(await status(`/${Bucket}/open/a`, { method: 'DELETE' })).toBe(403);
    expect(await status(`/${Bucket}/open/a?tagging`)).toBe(403);
    expect(await status('/')).toBe(403);
    const { PolicyStatus } = await world.s3.send(new aws.GetBucketPolicyStatusCommand({ Bucket }));
    expect(PolicyStatus?.IsPublic).toBe(false);
  });

  it('one may not copy out what one may not read', async () => {
    await allow(rule('Allow', 's3:PutObject', `arn:aws:s3:::${Bucket}/drop/*`));
    const copy = { method: 'PUT', headers: { 'x-amz-copy-source': `${Bucket}/shut` } };
    expect(await status(`/${Bucket}/drop/copy`, copy)).toBe(403);
    await allow(
      rule('Allow', 's3:PutObject', `arn:aws:s3:::${Bucket}/drop/*`),
      rule('Allow', 's3:GetObject', `arn:aws:s3:::${Bucket}/shut`),
    );
    expect(await status(`/${Bucket}/drop/copy`, copy)).toBe(200);
  });

  it('one may list and write where the policy says so', async () => {
    await allow(
      rule('Allow', 's3:ListBucket', `arn:aws:s3:::${Bucket}`),
      rule('Allow', 's3:PutObject', `arn:aws:s3:::${Bucket}/drop/*`),
    );
    expect(await status(`/${Bucket}?list-type=2`)).toBe(200);
    expect(await status(`/${Bucket}/drop/x`, { method: 'PUT', body: 'dropped' })).toBe(200);
    expect(world.heard.at(-1)?.event).toMatchObject({ key: 'drop/x', principal: '' });
  });
});
