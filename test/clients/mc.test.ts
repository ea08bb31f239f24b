import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it, vi } from 'vitest';
import { patience } from '../program.ts';
import { describeWith } from './installed.ts';
import { endedJobs, startPlace } from './place.ts';
import { ran, run } from './run.ts';

const place = startPlace();

describeWith('mc', (program) => {
  const home = () => join(place.folder, 'mc');
  const options = () => ({ env: { HOME: home(), MC_DISABLE_PAGER: '1' } });
  const mc = (...args: string[]) => ran(program, args, options());
  const json = async <T>(...args: string[]): Promise<T[]> =>
    (await mc('--json', ...args))
      .trim()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T);
  const keys = async (path: string) => (await json<{ key: string }>('ls', '--recursive', path)).map(({ key }) => key);

  beforeAll(async () => {
    const { s3, accessKey, secretKey } = place.program.status;
    mkdirSync(home(), { recursive: true });
    await mc('alias', 'set', 'sandbox', s3, accessKey, secretKey);
    await mc('mb', 'sandbox/mc-files');
  });

  it('refuses an alias with a wrong secret', async () => {
    const { s3, accessKey } = place.program.status;
    const { code } = await run(program, ['alias', 'set', 'wrong', s3, accessKey, 'wrong-secret'], options());
    expect(code).toBe(1);
  });

  it('copies a file there and back, and tells what it is', async () => {
    const sent = place.file('sent.txt', 300_000);
    await mc('cp', sent, 'sandbox/mc-files/dir/sent.txt');
    await mc('cp', 'sandbox/mc-files/dir/sent.txt', join(home(), 'back.txt'));
    expect(readFileSync(join(home(), 'back.txt'))).toEqual(readFileSync(sent));
    const [stat] = await json<{ size: number; type: string }>('stat', 'sandbox/mc-files/dir/sent.txt');
    expect(stat).toMatchObject({ size: 300_000, type: 'file' });
  });

  it('writes what it is given and prints what is stored', async () => {
    await ran(program, ['pipe', 'sandbox/mc-files/piped'], { ...options(), input: 'through a pipe' });
    expect(await mc('cat', 'sandbox/mc-files/piped')).toBe('through a pipe');
  });

  it('mirrors a folder there and back, and removes it', async () => {
    const from = join(place.folder, 'tree');
    mkdirSync(join(from, 'deep er'), { recursive: true });
    writeFileSync(join(from, 'one'), '1');
    writeFileSync(join(from, 'deep er/two ü'), '2');
    await mc('mirror', from, 'sandbox/mc-files/tree');
    expect(await keys('sandbox/mc-files/tree/')).toEqual(['deep er/two ü', 'one']);
    await mc('mirror', 'sandbox/mc-files/tree', join(home(), 'tree'));
    expect(readFileSync(join(home(), 'tree/deep er/two ü'), 'utf8')).toBe('2');
    await mc('rm', '--recursive', '--force', 'sandbox/mc-files/tree');
    expect(await keys('sandbox/mc-files/tree/')).toEqual([]);
  });

  it('shares addresses to download', async () => {
    await ran(program, ['pipe', 'sandbox/mc-files/shared'], { ...options(), input: 'shared' });
    const [shared] = await json<{ share: string }>('share', 'download', '--expire', '1h', 'sandbox/mc-files/shared');
    expect(await (await fetch(shared?.share ?? '')).text()).toBe('shared');
  });

  it('lists the events that a bucket tells a service of', async () => {
    expect(await mc('event', 'list', 'sandbox/upper')).toContain('s3:ObjectCreated:*');
  });

  it('sees new objects while it watches', async () => {
    const watching = spawn(program, ['--json', 'watch', '--events', 'put', 'sandbox/mc-files'], options());
    let heard = '';
    watching.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text));
    try {
      await vi.waitFor(async () => {
        await ran(program, ['pipe', 'sandbox/mc-files/watched'], { ...options(), input: '!' });
        expect(heard).toContain('/mc-files/watched');
      }, patience);
    } finally {
      watching.kill();
    }
  });

  it('starts a service by copying into its folder', async () => {
    writeFileSync(join(home(), 'shout.txt'), 'by mc');
    await mc('cp', join(home(), 'shout.txt'), 'sandbox/upper/in/shout.txt');
    const jobs = await endedJobs(place.program, 'upper', 'upper/in/shout.txt');
    expect(jobs.map(({ state }) => state)).toEqual(['Succeeded']);
    expect(await mc('cat', 'sandbox/upper/out/shout.txt')).toBe('BY MC');
  });
});
