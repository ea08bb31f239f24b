import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { describeWith } from './installed.ts';
import { startPlace } from './place.ts';
import { ran } from './run.ts';

const place = startPlace();

describeWith('s3cmd', (program) => {
  const config = () => join(place.folder, 's3cmd.cfg');
  const s3cmd = (...args: string[]) => ran(program, ['-c', config(), ...args], { env: { HOME: place.folder } });

  beforeAll(async () => {
    const { accessKey, secretKey } = place.program.status;
    writeFileSync(
      config(),
      `[default]
access_key = ${accessKey}
secret_key = ${secretKey}
host_base = ${place.host}
host_bucket = ${place.host}
use_https = False
multipart_chunk_size_mb = 5
progress_meter = False
`,
    );
    await s3cmd('mb', 's3://s3cmd');
  });

  it('puts, lists and gets a file, whole and in parts', async () => {
    for (const [name, size] of [['small.bin', 10_000] as const, ['large.bin', 12 << 20] as const]) {
      const sent = place.file(name, size);
      await s3cmd('put', sent, `s3://s3cmd/files/${name}`);
      expect(await s3cmd('ls', `s3://s3cmd/files/${name}`)).toMatch(new RegExp(` ${size} +s3://s3cmd/files/${name}\n`));
      await s3cmd('get', `s3://s3cmd/files/${name}`, `${sent}.back`);
      expect(readFileSync(`${sent}.back`).equals(readFileSync(sent))).toBe(true);
    }
  });

  it('makes the other side the same and deletes what is gone', async () => {
    const tree = join(place.folder, 'tree');
    mkdirSync(tree);
    writeFileSync(join(tree, 'stays é.txt'), 'stays');
    writeFileSync(join(tree, 'goes.txt'), 'goes');
    await s3cmd('sync', `${tree}/`, 's3://s3cmd/tree/');
    writeFileSync(join(tree, 'comes.txt'), 'comes');
    await s3cmd('sync', '--delete-removed', '--exclude', 'goes.txt', '--delete-after', `${tree}/`, 's3://s3cmd/tree/');
    await s3cmd('del', 's3://s3cmd/tree/goes.txt');
    const listed = await s3cmd('ls', 's3://s3cmd/tree/');
    expect(listed.match(/s3:.*/g)).toEqual(['s3://s3cmd/tree/comes.txt', 's3://s3cmd/tree/stays é.txt']);
  });

  it('signs an address', async () => {
    writeFileSync(join(place.folder, 'signed.txt'), 'signed');
    await s3cmd('put', join(place.folder, 'signed.txt'), 's3://s3cmd/signed.txt');
    const address = (await s3cmd('signurl', 's3://s3cmd/signed.txt', '+60')).trim();
    expect(await (await fetch(address)).text()).toBe('signed');
    expect((await fetch(address.replace('signed.txt', 'other.txt'))).status).toBe(403);
  });

  it('copies and moves on the server', async () => {
    await s3cmd('put', place.file('moving', 100), 's3://s3cmd/a');
    await s3cmd('cp', 's3://s3cmd/a', 's3://s3cmd/b');
    await s3cmd('mv', 's3://s3cmd/b', 's3://s3cmd/c');
    expect((await s3cmd('ls', 's3://s3cmd')).match(/s3:\/\/s3cmd\/.$/gm)).toEqual(['s3://s3cmd/a', 's3://s3cmd/c']);
  });
});
