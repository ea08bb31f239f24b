import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readJob } from '../../../src/executors/docker/jobend.ts';
import { pack, readFirst } from '../../../src/executors/docker/tarball.ts';

describe('what a container says without end', () => {
  it('is not collected after the end of a job', async () => {
    let said = 0;
    let most = 0;
    const chunk = Buffer.alloc(2 ** 20, '0');
    const endless = function* () {
      yield Buffer.from('\x1enonce ');
      for (; said < 256; said++) {
        most = Math.max(most, process.memoryUsage().arrayBuffers);
        yield chunk;
      }
      yield Buffer.from(' 0\n');
    };
    expect(await readJob(Readable.from(endless()), 'nonce', () => undefined)).toBe(undefined);
    expect(said).toBe(256);
    expect(most).toBeLessThan(128 * 2 ** 20);
  });

  it('is read as a list of users up to a length', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'users-'));
    writeFileSync(join(folder, 'passwd'), 'root:x:0:0\n');
    execFileSync('truncate', ['-s', '1G', join(folder, 'passwd')]);
    const text = await readFirst(pack(folder, 'passwd', 'etc'));
    expect(text.length).toBe(2 ** 20);
    expect(text.split('\n')[0]).toBe('root:x:0:0');
    rmSync(folder, { recursive: true });
  });
});
