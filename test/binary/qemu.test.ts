import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { InvocationView, Status } from '../../src/api/protocol.ts';
import { describeWith } from '../clients/installed.ts';
import { isMade, programOf } from '../release.ts';
import { anyPorts, createGround, type Ground, run } from './ground.ts';

// Everything takes many times as long there.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const patience = { timeout: 90_000, interval: 100 };

const arm = { name: 'linux-arm64' } as const;
const there = isMade(arm);
const title = there ? '' : ' (skipped: it is not made; npm run build -- --all makes it)';

const fdl = `functions:
  oscar:
    - any:
        name: capitals
        image: alpine
        log_level: CRITICAL
        script: capitals.sh
        output:
          - storage_provider: minio.default
            path: capitals/out
`;
const script = `#!/bin/sh
tr a-z A-Z < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/answer.txt"
`;

/** One processor's programs on another one, without the system's help: what it starts itself it could not start. */
describeWith('qemu-aarch64-static', (qemu) => {
  let ground: Ground;
  const words: [string, ...string[]] = [qemu, '-L', '/usr/aarch64-linux-gnu', programOf(arm)];
  beforeAll(() => {
    ground = createGround();
    mkdirSync(ground.at('services'));
    writeFileSync(ground.at('services/capitals.yaml'), fdl);
    writeFileSync(ground.at('services/capitals.sh'), script);
  });
  afterAll(() => ground.remove());

  /** The program in the foreground, serving the folder. */
  async function up(): Promise<{ child: ChildProcess; status: Status }> {
    const args = ['up', ground.at('services'), '--wait', '--json', '--data-dir', ground.at('data'), ...anyPorts];
    const [file, ...rest] = words;
    const child = spawn(file, [...rest, ...args], { env: ground.env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.on('data', (text: Buffer) => (said += text));
    const first = await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    if (!Buffer.isBuffer(first[0])) throw new Error(`It ended with ${first[0]}: ${said}`);
    return { child, status: JSON.parse(first[0].toString().split('\n')[0] ?? '') as Status };
  }

  it.skipIf(!there)(`the program for linux-arm64 tells its version${title}`, async () => {
    const ended = await run([...words, 'version', '--json'], { env: ground.env });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(ended.stdout)).toMatchObject({ platform: 'linux-arm64' });
  });

  it.skipIf(!there)(`it serves calls and jobs, and ends when it is asked to${title}`, async () => {
    const { child, status } = await up();
    const authorization = `Basic ${Buffer.from(`${status.user}:${status.password}`).toString('base64')}`;
    const call = (path: string, init: RequestInit = {}) =>
      fetch(`${status.api}${path}`, { ...init, headers: { authorization } });
    const post = (path: string, body: string) => call(path, { method: 'POST', body });
    try {
      const answer = await post('/run/capitals', 'a call to arms.');
      // OSCAR: a file is answered in base64.
      const text = Buffer.from(await answer.text(), 'base64').toString();
      expect([answer.status, text]).toEqual([200, 'A CALL TO ARMS.']);
      const job = (await post('/job/capitals', 'a job for arms.')).headers.get('x-oscar-sandbox-job');
      await vi.waitFor(async () => {
        const view = (await (await call(`/sandbox/invocations/${job}`)).json()) as InvocationView;
        expect(view).toMatchObject({ state: 'Succeeded' });
      }, patience);
      const presigned = { object_key: 'out/answer.txt', operation: 'download' };
      const link = await post('/system/buckets/capitals/presign', JSON.stringify(presigned));
      const { url } = (await link.json()) as { url: string };
      expect(await (await fetch(url)).text()).toBe('A JOB FOR ARMS.');
    } finally {
      child.kill('SIGTERM');
      expect(await once(child, 'close')).toEqual([0, null]);
    }
  });

  it.skipIf(!there)(`it is found and ended by its own down${title}`, async () => {
    const { child } = await up();
    const closed = once(child, 'close');
    const ended = await run([...words, 'down', '--data-dir', ground.at('data')], { env: ground.env });
    if (ended.code !== 0) child.kill('SIGKILL');
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(await closed).toEqual([0, null]);
  });
});
