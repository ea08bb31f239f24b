import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composite, createHasher } from '../../../../src/objects/embedded/content/checksums.ts';
import { createWorld, type World } from '../world.ts';

const Bucket = 'completed';
let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => world.close());

const content = Buffer.from('content');
const hasher = createHasher('crc32');
hasher.update(content);
const crc = hasher.digest().toString('base64');

async function complete(ChecksumType: 'FULL_OBJECT' | 'COMPOSITE', ChecksumCRC32: string): Promise<string | undefined> {
  const at = { Bucket, Key: ChecksumType };
  const { UploadId } = await world.s3.send(
    new CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: 'CRC32', ChecksumType }),
  );
  const part = { ...at, UploadId, PartNumber: 1, Body: content, ChecksumAlgorithm: 'CRC32' } as const;
  const { ETag } = await world.s3.send(new UploadPartCommand(part));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32: crc }] };
  const command = new CompleteMultipartUploadCommand({ ...at, UploadId, ChecksumType, ChecksumCRC32, MultipartUpload });
  return (await world.s3.send(command)).ChecksumCRC32;
}

describe('the checksum that a client sends to complete an upload is that of the object:', () => {
  it.each([
    ['FULL_OBJECT', crc],
    ['COMPOSITE', composite('crc32', [crc])],
  ] as const)('%s, the right one', async (type, checksum) => {
    expect(await complete(type, checksum)).toBe(checksum);
  });

  it('a wrong one is refused', async () => {
    await expect(complete('FULL_OBJECT', 'AAAAAA==')).rejects.toMatchObject({ name: 'BadDigest' });
  });
});
