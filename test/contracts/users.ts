import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketTaggingCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketTaggingCommand,
  GetObjectCommand,
  HeadBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Buckets } from '../../src/objects/buckets.ts';
import type { Accounts } from '../../src/store/accounts.ts';
import type { BucketRules } from '../../src/store/bucketrules.ts';
import { clientOf, failureOf } from '../objects/embedded/world.ts';

export interface UsersUnderTest {
  objects: Buckets;
  accounts: Accounts;
  rules: BucketRules;
  url: string;
  /** The administrator's. */
  s3: S3Client;
  close(): Promise<void>;
}

/** How a command that was sent by someone ends: `none`, or the code of its failure. */
export async function outcomeOf(client: S3Client, command: object): Promise<string> {
  // Every command is sent alike.
  const { name, status } = await failureOf(client.send(command as HeadBucketCommand));
  // MinIO ends a connection on which it refused something, and a client may try it once more.
  if (status === undefined) return outcomeOf(client, command);
  return status === 403 ? 'AccessDenied' : name;
}

const using: [string, (Bucket: string) => object][] = [
  ['head', (Bucket) => new HeadBucketCommand({ Bucket })],
  ['location', (Bucket) => new GetBucketLocationCommand({ Bucket })],
  ['list', (Bucket) => new ListObjectsV2Command({ Bucket })],
  ['versions', (Bucket) => new ListObjectVersionsCommand({ Bucket })],
  ['tags', (Bucket) => new GetBucketTaggingCommand({ Bucket })],
  ['read', (Bucket) => new GetObjectCommand({ Bucket, Key: 'a' })],
  ['write', (Bucket) => new PutObjectCommand({ Bucket, Key: 'b', Body: 'x' })],
  ['begin an upload in', (Bucket) => new CreateMultipartUploadCommand({ Bucket, Key: 'c' })],
  ['delete in', (Bucket) => new DeleteObjectCommand({ Bucket, Key: 'b' })],
];

/** What users may do at a store of objects, whoever keeps them. */
export function usersContract(name: string, open: () => Promise<UsersUnderTest>): void {
  describe(`the users of the store of objects: ${name}`, () => {
    let store: UsersUnderTest;
    const clients: Record<string, S3Client> = {};
    const outcome = (who: string, command: object) =>
      outcomeOf(clients[who] ?? expect.fail(`nobody is called ${who}`), command);
    const bucket = async (bucket: string, owner: string, visibility?: string, allowedUsers: string[] = []) => {
      await store.objects.create(bucket, { owner });
      if (visibility) await store.rules.set(bucket, { owner, allowedUsers, visibility });
      await store.objects.put(bucket, 'a', { bytes: Buffer.from(bucket) }, {});
    };

    beforeAll(async () => {
      store = await open();
      for (const uid of ['alice', 'bob', 'carol', '0af3@egi.eu']) {
        const { secret } = await store.accounts.ensure(uid);
        clients[uid] = clientOf(store.url, { credentials: { accessKeyId: uid, secretAccessKey: secret } });
      }
      clients.admin = store.s3;
      await bucket('of-admin', 'oscar');
      await bucket('of-service', '');
      await bucket('private', 'alice');
      await bucket('listed', 'alice', 'restricted', ['bob']);
      await bucket('public', 'alice', 'public');
      await store.objects.usersChanged();
    });
    afterAll(async () => {
      for (const one of Object.values(clients)) one.destroy();
      await store?.close();
    });

    it('lets users in', () => expect(store.objects.knowsUsers()).toBe(true));

    const may: Record<string, string[]> = {
      alice: ['listed', 'private', 'public'],
      bob: ['listed', 'public'],
      carol: ['public'],
      '0af3@egi.eu': ['public'],
      admin: ['listed', 'of-admin', 'of-service', 'private', 'public'],
    };
    it.each(Object.entries(may))('%s may see and use %s', async (who, allowed) => {
      const { Buckets = [] } = (await clients[who]?.send(new ListBucketsCommand({}))) ?? {};
      expect(Buckets.map(({ Name }) => Name)).toEqual(allowed);
      const got: Record<string, string> = {};
      const wanted: Record<string, string> = {};
      for (const name of ['private', 'listed', 'public', 'of-admin', 'of-service']) {
        for (const [verb, command] of using) {
          got[`${verb} ${name}`] = (await outcome(who, command(name))) === 'AccessDenied' ? 'no' : 'yes';
          wanted[`${verb} ${name}`] = allowed.includes(name) ? 'yes' : 'no';
        }
      }
      expect(got).toEqual(wanted);
    });

    it('what may be done with a bucket changes with its rule', async () => {
      const change = async (visibility: string, allowedUsers: string[]) => {
        await store.rules.set('changing', { owner: 'alice', visibility, allowedUsers });
        await store.objects.usersChanged();
      };
      await bucket('changing', 'alice');
      await store.objects.usersChanged();
      const read = (who: string) => outcome(who, new GetObjectCommand({ Bucket: 'changing', Key: 'a' }));
      expect(await read('carol')).toBe('AccessDenied');
      await change('restricted', ['carol']);
      expect([await read('carol'), await read('bob')]).toEqual(['none', 'AccessDenied']);
      await change('public', []);
      expect([await read('carol'), await read('bob')]).toEqual(['none', 'none']);
      await change('private', []);
      expect([await read('carol'), await read('alice')]).toEqual(['AccessDenied', 'none']);
    });

    it('a guest deletes many objects at once, but changes nothing about a bucket', async () => {
      const Delete = { Objects: [{ Key: 'b' }] };
      expect(await outcome('bob', new DeleteObjectsCommand({ Bucket: 'public', Delete }))).toBe('none');
      const versioning = new PutBucketVersioningCommand({
        Bucket: 'public',
        VersioningConfiguration: { Status: 'Suspended' },
      });
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [] });
      const settings = [
        versioning,
        new PutBucketPolicyCommand({ Bucket: 'public', Policy }),
        new DeleteBucketCommand({ Bucket: 'public' }),
      ];
      for (const command of settings) expect(await outcome('bob', command)).toBe('AccessDenied');
      expect(await outcome('alice', versioning)).toBe('none');
    });

    it('whose a bucket is, and whom it starts, no user says', async () => {
      const Tagging = { TagSet: [{ Key: 'owner', Value: 'bob' }] };
      const QueueArn = 'arn:minio:sqs:us-east-1:x:webhook';
      const NotificationConfiguration = {
        QueueConfigurations: [{ QueueArn, Events: ['s3:ObjectCreated:*' as const] }],
      };
      for (const command of [
        new PutBucketTaggingCommand({ Bucket: 'private', Tagging }),
        new DeleteBucketTaggingCommand({ Bucket: 'private' }),
        new PutBucketNotificationConfigurationCommand({ Bucket: 'private', NotificationConfiguration }),
      ]) {
        expect(await outcome('alice', command)).toBe('AccessDenied');
      }
      expect(await store.objects.tags('private')).toEqual({ owner: 'alice' });
    });

    it('nobody but the administrator makes a bucket, and its owner may delete one', async () => {
      expect(await outcome('bob', new CreateBucketCommand({ Bucket: 'new-one' }))).toBe('AccessDenied');
      expect(await store.objects.tags('new-one')).toBeUndefined();
      await store.objects.create('short', { owner: 'bob' });
      await store.objects.usersChanged();
      expect(await outcome('alice', new DeleteBucketCommand({ Bucket: 'short' }))).toBe('AccessDenied');
      expect(await outcome('bob', new DeleteBucketCommand({ Bucket: 'short' }))).toBe('none');
    });

    it('a link is as good as the rights of whoever signed it', async () => {
      const link = async (uid: string, Bucket: string) => {
        const keys = { accessKey: uid, secretKey: store.accounts.secretOf(uid) ?? '' };
        const url = store.objects.presign({ method: 'GET', bucket: Bucket, key: 'a', expiresSeconds: 60, keys });
        return (await fetch(url)).status;
      };
      expect([await link('alice', 'private'), await link('bob', 'private')]).toEqual([200, 403]);
    });
  });
}
