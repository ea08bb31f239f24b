import { describe, expect, it } from 'vitest';
import { describeWith } from './installed.ts';
import { startPlace } from './place.ts';
import { ran } from './run.ts';

const place = startPlace();

async function seen(program: string, args: string[]): Promise<unknown> {
  const { accessKey, secretKey } = place.program.status;
  const env = { HOME: place.folder, S3_HOST: place.host, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey };
  return JSON.parse(await ran(program, args, { env }));
}

const cases: [title: string, scenario: string, facts: unknown][] = [
  [
    'stores a small file as one signed stream and a large one in parts',
    'files',
    { small: { size: 70_000, parts: false, same: true }, large: { size: 20_971_520, parts: true, same: true } },
  ],
  [
    'hears of new objects of the prefix and suffix it asked for',
    'listen',
    { event: 's3:ObjectCreated:Put', key: 'in/a b.txt' },
  ],
  [
    'signs addresses and forms',
    'presigned',
    { put: 200, got: 'by address', type: 'text/x-asked', forged: 403, form: { allowed: 204, tooLarge: 400 } },
  ],
  ['puts objects together on the server', 'compose', { composed: true, copied: 'the end', color: 'blue' }],
  [
    'tags, lists and removes',
    'manage',
    {
      tags: { kind: 'letter' },
      top: ['c', 'a/', 'b/'],
      all: ['a/1', 'a/2', 'b/ñ 3', 'c'],
      left: 0,
      exists: false,
      code: 'NoSuchBucket',
    },
  ],
];

describe('the S3 clients written in Go', () => {
  describeWith('minio-go', (program) => {
    it.each(cases)('%s', async (_, scenario, facts) => {
      expect(await seen(program, [scenario, `minio-go-${scenario}`])).toEqual(facts);
    });
  });

  describeWith('aws-sdk-go', (program) => {
    it('moves files as oscar-cli does: in parts of 5 MiB, several at once', async () => {
      expect(await seen(program, ['aws-sdk-go'])).toEqual({
        small: { size: 11, same: true },
        empty: { size: 0, same: true },
        parts: { size: 12_582_912, same: true },
        'list in/small.txt': { size: 11, dated: true },
        'list in/empty': { size: 0, dated: true },
        'list in/large é.bin': { size: 12_582_912, dated: true },
        missing: 'NotFound',
        presigned: 'a few bytes',
        deleted: 'NoSuchKey',
      });
    });
  });
});
