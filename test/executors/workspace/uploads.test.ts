import { describe, expect, it } from 'vitest';
import { planUploads } from '../../../src/executors/workspace/stageout.ts';
import type { StorageIO } from '../../../src/model/service.ts';
import { taskOf } from '../../contracts/executor.ts';
import { declared } from '../../fakes/definitions.ts';

const files = ['a.txt', 'b.bin', 'sub/c.txt', 'sub/deep/d.bin'].map((name) => ({
  path: `/out/${name}`,
  name,
  size: 1,
}));

const planned = (output: StorageIO[], more = {}, bucket?: string, found = files) => {
  const base = declared();
  const service = { ...base, definition: { ...base.definition, output, ...more } };
  const own = /^minio\.default /;
  return planUploads(taskOf(service), found, bucket).map(({ store, path }) => `${store} ${path}`.replace(own, ''));
};
const io = (storage_provider: string, path: string, more: Partial<StorageIO> = {}): StorageIO => ({
  storage_provider,
  path,
  ...more,
});

describe('which output goes where', () => {
  it('follows the worked example: filters look at the whole relative name', () => {
    const outputs = [io('minio.default', 'b/out', { suffix: ['.txt'] }), io('minio', 'eb/x/y', { prefix: ['sub/'] })];
    expect(planned(outputs)).toEqual(['b/out/a.txt', 'b/out/sub/c.txt', 'eb/x/y/sub/c.txt', 'eb/x/y/sub/deep/d.bin']);
  });

  it.each<[string, StorageIO[], string[]]>([
    ['no filter: all', [io('minio', 'b')], ['b/a.txt', 'b/b.bin', 'b/sub/c.txt', 'b/sub/deep/d.bin']],
    ['prefix and suffix', [io('minio', 'b', { prefix: ['sub/', 'a'], suffix: ['.txt'] })], ['b/a.txt', 'b/sub/c.txt']],
    ['case matters', [io('minio', 'b', { suffix: ['.TXT'] })], []],
    [
      'empty filters are none',
      [io('MINIO.default', 'b', { prefix: [], suffix: ['bin'] })],
      ['b/b.bin', 'b/sub/deep/d.bin'],
    ],
    [
      'another store is named',
      [io('MinIO.edge', 'b', { prefix: ['sub/'] })],
      ['minio.edge b/sub/c.txt', 'minio.edge b/sub/deep/d.bin'],
    ],
  ])('%s', (_, outputs, expected) => {
    expect(planned(outputs)).toEqual(expected);
  });

  it('strips blanks around a name', () => {
    expect(planned([io('minio', 'b/o')], {}, undefined, [{ path: '/out/ x ', name: ' x ', size: 1 }])).toEqual([
      'b/o/x',
    ]);
  });

  it.each([
    ['the bucket of the user whose file it was', 'USER', 'b-ada', ['b-ada/out/a.txt', 'top/a.txt']],
    ['the declared one, if that bucket is not listed', 'USER', 'other', ['b/out/a.txt', 'top/a.txt']],
    ['the declared one, without isolation', 'SERVICE', 'b-ada', ['b/out/a.txt', 'top/a.txt']],
  ])('stores into %s', (_, isolation_level, bucket, expected) => {
    const only = { prefix: ['a'] };
    const outputs = [io('minio', 'b/out', only), io('minio', 'top', only)];
    expect(planned(outputs, { isolation_level, bucket_list: ['b-ada'] }, bucket)).toEqual(expected);
  });
});
