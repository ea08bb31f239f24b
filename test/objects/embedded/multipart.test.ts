import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createWorld, failureOf, type World } from './world.ts';

const Bucket = 'multipart';
const mib = 1024 * 1024;
let world: World;
beforeAll(async () => {
  world = await createWorld();
  await world.s3.send(new CreateBucketCommand({ Bucket }));
});
afterAll(() => world.close());

const begin = async (Key: string, options: Partial<CreateMultipartUploadCommandInput> = {}) => {
  const { UploadId } = await world.s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...options }));
  return { Bucket, Key, UploadId };
};
type Begun = Awaited<ReturnType<typeof begin>>;
const send = async (upload: Begun, PartNumber: number, Body: Buffer): Promise<CompletedPart> => {
  const { $metadata: _, ...sums } = await world.s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
  return { PartNumber, ...sums };
};
const complete = (upload: Begun, Parts: CompletedPart[]) =>
  world.s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
const read = async (Key: string, options: object = {}) => {
  const got = await world.s3.send(new GetObjectCommand({ Bucket, Key, ...options }));
  return { ...got, bytes: Buffer.from((await got.Body?.transformToByteArray()) ?? []) };
};
const md5 = (content: Buffer) => createHash('md5').update(content).digest();

const first = Buffer.alloc(5 * mib, 'first');
const second = Buffer.alloc(1000, 'second');

describe('an object in parts', () => {
  it('is put together from its parts, whatever the order they came in', async () => {
    const upload = await begin('joined', { ContentType: 'text/plain', Metadata: { a: '1' } });
    const last = await send(upload, 7, second);
    const parts = [await send(upload, 2, first), last];
    const done = await complete(upload, parts);
    const etag = `"${createHash('md5')
      .update(Buffer.concat([md5(first), md5(second)]))
      .digest('hex')}-2"`;
    expect(done.ETag).toBe(etag);
    const got = await read('joined');
    expect(got.bytes.equals(Buffer.concat([first, second]))).toBe(true);
    expect(got).toMatchObject({ ETag: etag, ContentType: 'text/plain', Metadata: { a: '1' } });
    const across = await read('joined', { Range: `bytes=${5 * mib - 3}-${5 * mib + 2}` });
    expect(across.bytes.equals(Buffer.concat([first.subarray(-3), second.subarray(0, 3)]))).toBe(true);
  });

  it('gives its parts one by one', async () => {
    const part = await read('joined', { PartNumber: 7 });
    expect(part.bytes.equals(second)).toBe(true);
    expect(part).toMatchObject({ PartsCount: 2, ContentRange: `bytes ${5 * mib}-${5 * mib + 999}/${5 * mib + 1000}` });
    expect((await failureOf(read('joined', { PartNumber: 3 }))).status).toBe(416);
    const attributes = new GetObjectAttributesCommand({ Bucket, Key: 'joined', ObjectAttributes: ['ObjectParts'] });
    expect((await world.s3.send(attributes)).ObjectParts).toMatchObject({
      TotalPartsCount: 2,
      Parts: [
        { PartNumber: 2, Size: 5 * mib },
        { PartNumber: 7, Size: 1000 },
      ],
    });
  });

  it('completed twice is answered twice and made once', async () => {
    const upload = await begin('twice');
    const parts = [await send(upload, 1, second)];
    const [one, two] = [await complete(upload, parts), await complete(upload, parts)];
    expect(two.ETag).toBe(one.ETag);
    expect(world.heard.filter(({ event }) => event.key === 'twice')).toHaveLength(1);
  });

  it('is refused when the list of parts is not what arrived', async () => {
    const upload = await begin('refused');
    const small = await send(upload, 1, second);
    const other = await send(upload, 2, second);
    const names = async (parts: CompletedPart[]) => (await failureOf(complete(upload, parts))).name;
    expect(await names([other, small])).toBe('InvalidPartOrder');
    expect(await names([small, small])).toBe('InvalidPartOrder');
    expect(await names([{ ...small, PartNumber: 9 }])).toBe('InvalidPart');
    expect(await names([{ ...small, ETag: '"0123456789abcdef0123456789abcdef"' }])).toBe('InvalidPart');
    expect(await names([small, other])).toBe('EntityTooSmall');
    expect(await names([])).toBe('MalformedXML');
    expect((await failureOf(read('refused'))).name).toBe('NoSuchKey');
    await complete(upload, [small]);
    expect((await read('refused')).bytes.equals(second)).toBe(true);
  });

  it('takes the part that came last under a number, and leaves nothing of the others', async () => {
    const before = (await world.files()).length;
    const upload = await begin('resent');
    await send(upload, 1, Buffer.alloc(100_000, 'old'));
    const part = await send(upload, 1, Buffer.alloc(100_000, 'new'));
    await send(upload, 2, Buffer.alloc(100_000, 'unused'));
    await complete(upload, [part]);
    expect((await read('resent')).bytes.equals(Buffer.alloc(100_000, 'new'))).toBe(true);
    await expect.poll(async () => (await world.files()).length).toBe(before + 1);
  });

  it('leaves nothing when it is aborted', async () => {
    const before = (await world.files()).length;
    const upload = await begin('aborted');
    await send(upload, 1, first);
    await world.s3.send(new AbortMultipartUploadCommand(upload));
    expect((await failureOf(send(upload, 2, second))).name).toBe('NoSuchUpload');
    expect((await failureOf(world.s3.send(new AbortMultipartUploadCommand(upload)))).name).toBe('NoSuchUpload');
    await expect.poll(async () => (await world.files()).length).toBe(before);
  });

  it('belongs to its key', async () => {
    const upload = await begin('mine');
    expect((await failureOf(send({ ...upload, Key: 'yours' }, 1, second))).name).toBe('NoSuchUpload');
    await world.s3.send(new AbortMultipartUploadCommand(upload));
  });

  it('is written only where nothing is, when told so', async () => {
    const upload = await begin('joined');
    const parts = [await send(upload, 1, second)];
    const command = new CompleteMultipartUploadCommand({
      ...upload,
      MultipartUpload: { Parts: parts },
      IfNoneMatch: '*',
    });
    expect((await failureOf(world.s3.send(command))).name).toBe('PreconditionFailed');
    await world.s3.send(new AbortMultipartUploadCommand(upload));
  });

  it.each([
    ['CRC32', 'COMPOSITE'],
    ['SHA256', 'COMPOSITE'],
    ['CRC32', 'FULL_OBJECT'],
    ['CRC32C', 'FULL_OBJECT'],
    ['CRC64NVME', 'FULL_OBJECT'],
  ] as const)('has a %s checksum of type %s', async (ChecksumAlgorithm, ChecksumType) => {
    const Key = `sum-${ChecksumAlgorithm}-${ChecksumType}`;
    const upload = await begin(Key, { ChecksumAlgorithm, ChecksumType });
    const parts: CompletedPart[] = [];
    for (const [index, Body] of [first, second].entries()) {
      const part = await world.s3.send(
        new UploadPartCommand({ ...upload, PartNumber: index + 1, Body, ChecksumAlgorithm }),
      );
      const field = `Checksum${ChecksumAlgorithm}` as const;
      parts.push({ PartNumber: index + 1, ETag: part.ETag, [field]: part[field] });
    }
    await complete(upload, parts);
    const head = await world.s3.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' }));
    expect(head.ChecksumType).toBe(ChecksumType);
    const sum = head[`Checksum${ChecksumAlgorithm}`] ?? '';
    if (ChecksumType === 'COMPOSITE') expect(sum).toMatch(/-2$/);
    else {
      const whole = { Bucket, Key: `${Key}-whole`, Body: Buffer.concat([first, second]), ChecksumAlgorithm };
      const put = await world.s3.send(new PutObjectCommand(whole));
      expect(sum).toBe(put[`Checksum${ChecksumAlgorithm}`]);
    }
  });

  it('takes parts from other objects', async () => {
    await world.s3.send(new PutObjectCommand({ Bucket, Key: 'source', Body: first }));
    const upload = await begin('assembled');
    const copy = async (PartNumber: number, CopySourceRange?: string) => {
      const range = CopySourceRange ? { CopySourceRange } : {};
      const command = new UploadPartCopyCommand({ ...upload, PartNumber, CopySource: `${Bucket}/source`, ...range });
      return { PartNumber, ETag: (await world.s3.send(command)).CopyPartResult?.ETag };
    };
    const parts = [await copy(1), await copy(2, 'bytes=1-10')];
    expect((await failureOf(copy(3, `bytes=0-${5 * mib}`))).name).toBe('InvalidArgument');
    await complete(upload, parts);
    expect((await read('assembled')).bytes.equals(Buffer.concat([first, first.subarray(1, 11)]))).toBe(true);
  });

  it('is sent by the uploader of the SDK from a stream', async () => {
    const body = Buffer.alloc(12 * mib, 'streaming ');
    const chunks = Array.from({ length: 120 }, (_, n) =>
      body.subarray((n * body.length) / 120, ((n + 1) * body.length) / 120),
    );
    const upload = new Upload({ client: world.s3, params: { Bucket, Key: 'uploaded', Body: Readable.from(chunks) } });
    await upload.done();
    expect((await read('uploaded')).bytes.equals(body)).toBe(true);
  });
});

describe('the uploads in progress', () => {
  it('are listed page by page, with their parts', async () => {
    const uploads: Begun[] = [];
    for (const Key of ['list/a', 'list/a', 'list/b', 'list/dir/c']) uploads.push(await begin(Key));
    const seen: string[] = [];
    let markers: { KeyMarker?: string; UploadIdMarker?: string } = {};
    for (;;) {
      const page = await world.s3.send(
        new ListMultipartUploadsCommand({ Bucket, Prefix: 'list/', MaxUploads: 1, ...markers }),
      );
      seen.push(...(page.Uploads ?? []).map((one) => `${one.Key} ${one.UploadId}`));
      if (!page.IsTruncated) break;
      markers = { KeyMarker: page.NextKeyMarker ?? '', UploadIdMarker: page.NextUploadIdMarker ?? '' };
    }
    expect(seen).toEqual(uploads.map((upload) => `${upload.Key} ${upload.UploadId}`));
    const rolled = await world.s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: 'list/', Delimiter: '/' }));
    expect(rolled.CommonPrefixes).toEqual([{ Prefix: 'list/dir/' }]);

    const [upload] = uploads;
    if (!upload) throw new Error('no upload');
    for (const number of [3, 1, 2]) await send(upload, number, second);
    const parts = await world.s3.send(new ListPartsCommand({ ...upload, MaxParts: 2 }));
    expect(parts.Parts?.map((part) => [part.PartNumber, part.Size])).toEqual([
      [1, 1000],
      [2, 1000],
    ]);
    expect(parts.IsTruncated).toBe(true);
    const marker = parts.NextPartNumberMarker ?? '';
    const rest = await world.s3.send(new ListPartsCommand({ ...upload, PartNumberMarker: marker }));
    expect(rest.Parts?.map((part) => part.PartNumber)).toEqual([3]);
  });
});
