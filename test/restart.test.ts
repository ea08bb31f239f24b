import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { InvocationView, Status } from '../src/api/protocol.ts';
import { runCommand } from './program.ts';

const fdl = `functions:
  oscar:
    - local:
        name: slow
        image: alpine
        script: slow.sh
`;

let root: string;
const patience = { timeout: 20_000, interval: 25 };

/** A command of the program on the data folder of this test; what it printed as JSON. */
async function command<T>(...args: string[]): Promise<T[]> {
  const ended = await runCommand([...args, '--json', '--data-dir', join(root, 'data')]);
  expect(ended.code, ended.stderr).toBe(0);
  return ended.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

const place = ['--executor', 'local', '--port', '0', '--s3-port', '0', '--exposed-port', '0'];
const up = () => command<Status>('up', join(root, 'folder'), ...place, '--detach', '--wait');
const jobs = () => command<InvocationView>('logs', 'slow', '--all');

/** Waits until one job of the service is in this state. */
const inState = (state: string): Promise<InvocationView> =>
  vi.waitFor(async () => {
    const job = (await jobs())[0];
    if (job?.state !== state) throw new Error(`The job is ${job?.state}, not ${state}.`);
    return job;
  }, patience);

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'sandbox-restart-'));
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'folder/slow.yaml'), fdl);
  // Waits at its first attempt, for longer than a test may take, and notes every attempt.
  const attempts = join(root, 'attempts');
  writeFileSync(
    join(root, 'folder/slow.sh'),
    `echo attempt >> '${attempts}'\nif [ "$(wc -l < '${attempts}')" -eq 1 ]; then sleep 600; fi\ncat "$INPUT_FILE_PATH"\n`,
  );
  await up();
});

afterEach(async () => {
  await command('down');
  rmSync(root, { recursive: true, force: true });
});

async function startJob(): Promise<string> {
  const [job] = await command<{ job: string }>('job', 'slow', '-i', 'what was sent');
  await vi.waitFor(() => readFileSync(join(root, 'attempts')), patience);
  return job?.job ?? '';
}

describe('a job that runs while the sandbox ends', () => {
  const ends: [how: string, end: (pid: number) => Promise<unknown>][] = [
    ['is stopped', () => command('down')],
    ['is killed', async (pid) => process.kill(pid, 'SIGKILL')],
  ];

  it.each(ends)('because it %s, runs once more at the next start, under its name', async (_how, end) => {
    const id = await startJob();
    const [status] = await command<Status>('status');
    await end(status?.pid ?? 0);
    await vi.waitFor(() => up(), patience);
    const job = await inState('Succeeded');
    expect(job).toMatchObject({ id, attempt: 2 });
    expect(await jobs()).toHaveLength(1);
    expect(readFileSync(join(root, 'attempts'), 'utf8')).toBe('attempt\nattempt\n');
  });
});
