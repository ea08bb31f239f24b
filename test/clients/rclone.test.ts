import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { describeWith } from './installed.ts';
import { startPlace } from './place.ts';
import { ran } from './run.ts';

const place = startPlace();

describeWith('rclone', (program) => {
  const rclone = (...args: string[]) => {
    const { s3, accessKey, secretKey } = place.program.status;
    const remote = {
      TYPE: 's3',
      PROVIDER: 'Minio',
      ENDPOINT: s3,
      ACCESS_KEY_ID: accessKey,
      SECRET_ACCESS_KEY: secretKey,
      CHUNK_SIZE: '5Mi',
      UPLOAD_CUTOFF: '5Mi',
    };
    const settings = Object.entries(remote).map(([name, value]) => [`RCLONE_CONFIG_SANDBOX_${name}`, value]);
    const env = {
      HOME: place.folder,
      RCLONE_CONFIG: join(place.folder, 'rclone.conf'),
      ...Object.fromEntries(settings),
    };
    return ran(program, ['--retries', '1', ...args], { env });
  };
  const tree = () => join(place.folder, 'tree');

  beforeAll(async () => {
    mkdirSync(join(tree(), 'sub dir'), { recursive: true });
    writeFileSync(join(tree(), 'a.txt'), 'first');
    writeFileSync(join(tree(), 'sub dir/ñ.txt'), 'second');
    await rclone('mkdir', 'sandbox:rclone');
  });

  it('copies a folder and lists it', async () => {
    await rclone('copy', tree(), 'sandbox:rclone/copied');
    const listed = await rclone('lsf', '--recursive', 'sandbox:rclone/copied');
    expect(listed.trimEnd().split('\n').sort()).toEqual(['a.txt', 'sub dir/', 'sub dir/ñ.txt']);
    expect(await rclone('lsd', 'sandbox:')).toMatch(/ rclone\n/);
  });

  it('makes the other side the same, and finds that it is', async () => {
    await rclone('sync', tree(), 'sandbox:rclone/synced');
    writeFileSync(join(tree(), 'a.txt'), 'changed');
    writeFileSync(join(tree(), 'new.txt'), 'new');
    await rclone('sync', tree(), 'sandbox:rclone/synced');
    await rclone('check', tree(), 'sandbox:rclone/synced');
    expect(await rclone('cat', 'sandbox:rclone/synced/a.txt')).toBe('changed');
  });

  it('moves a file of 12 MiB there and back in parts', async () => {
    const large = place.file('large.bin', 12 << 20);
    await rclone('copyto', large, 'sandbox:rclone/large.bin');
    await rclone('copyto', 'sandbox:rclone/large.bin', join(place.folder, 'back.bin'));
    expect(readFileSync(join(place.folder, 'back.bin')).equals(readFileSync(large))).toBe(true);
  });

  it('moves on the server and deletes', async () => {
    await rclone('copyto', join(tree(), 'a.txt'), 'sandbox:rclone/moving/from.txt');
    await rclone('moveto', 'sandbox:rclone/moving/from.txt', 'sandbox:rclone/moving/to.txt');
    expect(await rclone('lsf', 'sandbox:rclone/moving')).toBe('to.txt\n');
    await rclone('deletefile', 'sandbox:rclone/moving/to.txt');
    expect(await rclone('lsf', 'sandbox:rclone/moving')).toBe('');
  });
});
