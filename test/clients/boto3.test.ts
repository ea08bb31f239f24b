import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { executorOfTests } from '../program.ts';
import { describeWith } from './installed.ts';
import { startPlace } from './place.ts';
import { ran } from './run.ts';

const place = startPlace();
const script = join(import.meta.dirname, 'python/s3_client.py');

async function seen(python: string, scenario: string): Promise<unknown> {
  const { s3, accessKey, secretKey } = place.program.status;
  const folder = mkdtempSync(join(place.folder, `${scenario}-`));
  const env = { HOME: folder, S3_ENDPOINT: s3, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey };
  return JSON.parse(await ran(python, [script, scenario, folder], { env }));
}

const cases: [title: string, scenario: string, facts: unknown][] = [
  [
    'uploads and downloads files, small and in parts',
    'files',
    {
      'small é.bin': { same: true, parts: false, size: 5000 },
      'large.bin': { same: true, parts: true, size: 20_971_520 },
    },
  ],
  [
    'lists by both versions, page by page and by folder, and deletes many',
    'listings',
    {
      v2: [['a/1', 'a/2', 'b c/ü+&'], ['d']],
      v1: [['a/1', 'a/2', 'b c/ü+&'], ['d']],
      folders: ['a/', 'b c/'],
      files: ['d'],
      deleted: ['a/1', 'b c/ü+&', 'never'],
      left: ['a/2', 'd'],
      'bucket listed': true,
    },
  ],
  [
    'signs addresses by both versions of the signature',
    'presigned',
    {
      v2: { put: 200, got: 'content v2', forged: 403, expired: 403, signature: 'Signature' },
      v4: { put: 200, got: 'content v4', forged: 403, expired: 400, signature: 'X-Amz-Signature' },
    },
  ],
  ['posts a signed form within its conditions', 'form', { stored: 204, 'too large': 400, content: '12345' }],
  [
    'copies on the server, with and without the metadata, and in parts',
    'copies',
    {
      content: 'to copy',
      kept: { color: 'blue' },
      type: 'text/x-one',
      replaced: { color: 'red' },
      'in parts': true,
      missing: '404 NoSuchKey',
    },
  ],
  [
    'tags objects and buckets',
    'tags',
    {
      first: [{ Key: 'kind', Value: 'first' }],
      second: [{ Key: 'kind', Value: 'second + last' }],
      removed: [],
      bucket: [{ Key: 'owner', Value: 'me' }],
    },
  ],
  [
    'keeps versions',
    'versions',
    { marker: true, hidden: '404 NoSuchKey', back: 'second', first: 'first', 'in order': true, markers: 1 },
  ],
  [
    'has its checksums checked',
    'checksums',
    {
      sha: true,
      crc: true,
      'wrong md5': '400 BadDigest',
      // MinIO's own word for it.
      'wrong sha': executorOfTests === 'kind' ? '400 XAmzContentChecksumMismatch' : '400 BadDigest',
      stored: '404 404',
    },
  ],
  [
    'is refused what it may not do, with the code that S3 gives',
    'refusals',
    {
      'wrong secret': '403 SignatureDoesNotMatch',
      'wrong secret put': '403 SignatureDoesNotMatch',
      'unknown key': '403 InvalidAccessKeyId',
      'no key': 403,
      'no bucket': '404 NoSuchBucket',
      'no object': '404 NoSuchKey',
      'bad range': '416 InvalidRange',
      range: '234',
      'bucket not empty': '409 BucketNotEmpty',
    },
  ],
];

describe('the AWS SDK for Python', () => {
  for (const version of ['boto3-1.26.165', 'boto3-1.44.8']) {
    describeWith(version, (python) => {
      it.each(cases)('%s', async (_, scenario, facts) => {
        expect(await seen(python, scenario)).toEqual(facts);
      });
    });
  }
});
