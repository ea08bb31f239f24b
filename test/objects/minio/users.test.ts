import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { createEndpoint } from '../../../src/objects/minio/endpoint.ts';
import { describeWith } from '../../clients/installed.ts';
import { usersContract } from '../../contracts/users.ts';
import { clientOf, keys } from '../embedded/world.ts';
import { createWorld, type Opening } from './world.ts';

const asEndpoint: Opening = async (parts, minio) => {
  await minio.start();
  return createEndpoint(parts, { kind: 'endpoint', url: minio.url, ...keys });
};

describeWith('minio', (program) => {
  usersContract('MinIO', async () => {
    const world = await createWorld(program, asEndpoint);
    const { objects, store, minio, s3, close } = world;
    return { objects, accounts: store.accounts, rules: store.bucketRules, url: minio.url, s3, close };
  });

  it('users of before are let in again when the sandbox is back', async () => {
    const world = await createWorld(program, asEndpoint);
    try {
      const uid = '7d0c1f5e-6a1c-4b0e-9d4f-0123456789ab';
      const { secret } = await world.store.accounts.ensure(uid);
      await world.objects.create('mine', { owner: uid });
      await world.down();
      await world.up();
      const s3 = clientOf(world.minio.url, { credentials: { accessKeyId: uid, secretAccessKey: secret } });
      const { Buckets } = await s3.send(new ListBucketsCommand({}));
      expect(Buckets?.map(({ Name }) => Name)).toEqual(['mine']);
      expect(world.complaints).toEqual([]);
      s3.destroy();
    } finally {
      await world.close();
    }
  });

  it('a name that MinIO takes for no user is told in the log, and is nobody else’s trouble', async () => {
    const world = await createWorld(program, asEndpoint);
    try {
      await world.store.accounts.ensure('ab');
      await world.objects.create('theirs', { owner: 'later' });
      const { secret } = await world.store.accounts.ensure('later');
      await world.objects.usersChanged();
      expect(world.complaints.join()).toMatch(/MinIO does not know yet what a user may do.*"user":"ab".*access key/);
      const s3 = clientOf(world.minio.url, { credentials: { accessKeyId: 'later', secretAccessKey: secret } });
      expect((await s3.send(new ListBucketsCommand({}))).Buckets).toMatchObject([{ Name: 'theirs' }]);
      s3.destroy();
    } finally {
      await world.close();
    }
  });
});
