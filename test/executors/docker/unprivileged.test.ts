import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../../clients/installed.ts';

describeWith('docker', () => {
  it('a program without the powers of root stores and removes what the users of images closed', () => {
    const base = mkdtempSync(join(tmpdir(), 'unprivileged-'));
    chmodSync(base, 0o777);
    const args = [
      join(import.meta.dirname, 'unprivileged.ts'),
      join(base, 'work'),
      'busybox,oscar-sandbox-test/named-user',
    ];
    const found = JSON.parse(execFileSync(process.execPath, args).toString());
    rmSync(base, { recursive: true });
    const of = (kind: string, uid: string) => ({ kind, uid, state: 'Succeeded', outputs: [`out/${kind}/a/b/f.txt`] });
    expect(found.us).not.toBe(0);
    expect(found).toMatchObject({
      told: [of('run', '0'), of('job', '0'), of('run', '1500'), of('job', '1500')],
      left: [],
      places: [],
      containers: [],
    });
  });
});
