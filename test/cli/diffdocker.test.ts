import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { dataId } from '../../src/daemon/files.ts';
import { describeWith } from '../clients/installed.ts';
import { carrying } from '../docker.ts';
import { programWords } from '../words.ts';
import { createScene, differing, folderOf, type Told } from './differing.ts';

// A machine that is busy is no failure.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let scene: ReturnType<typeof createScene>;
beforeAll(() => {
  scene = createScene();
});
afterAll(() => scene.remove());

/** Names that no other test has, for what is on the engine to be found by them. */
const own = (name: string) => `${name}-${process.pid}`;

async function compared(name: string, args: string[]) {
  const { code, stdout, stderr } = await scene.diff([name, ...args, '--json']);
  expect([scene.left(), carrying(`oscar-sandbox.service=${name}`)]).toEqual([[], []]);
  if (stdout === '') throw new Error(`diff ended with ${code}: ${stderr}`);
  return { code, told: JSON.parse(stdout) as Told };
}

describeWith('docker', () => {
  it.each([['--run'], ['--job']])('a service of sh alone does the same on docker and local, with %s', async (how) => {
    const name = own('plain');
    const script = [
      'echo "$INPUT_FILE_PATH $OSCAR_SERVICE_TOKEN $KEY $JOB_UUID"',
      'tr a-z A-Z < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/loud.txt"',
      'head -c 300000 /dev/zero > "$TMP_OUTPUT_DIR/zeros"',
      '',
    ].join('\n');
    const more = [folderOf('output', `${name}/out`), 'environment: { secrets: { KEY: sesame } }'];
    const file = scene.write({ name, script, more });
    const { code, told } = await compared(name, ['--file', file, '--input', 'hello', how]);
    expect({ code, told }).toMatchObject({ code: 0, told: { same: true, how: how.slice(2), notes: [] } });
    const sizes = [
      [`${name}/out/loud.txt`, 5],
      [`${name}/out/zeros`, 300_000],
    ];
    expect(told.executors.map((one) => one.outputs.map(({ name: key, size }) => [key, size]))).toEqual([sizes, sizes]);
    expect(told.executors.map(({ executor }) => executor)).toEqual(['docker', 'local']);
  });

  it('a program that only the image has, and a file that differs by a byte, are told with the likely reason', async () => {
    const name = own('picky');
    // A link to busybox in its image, and no other system has it there.
    const script = [
      '[ -e /bin/usleep ] && last=2 || last=3',
      'printf "\\0\\001$last" > "$TMP_OUTPUT_DIR/bytes"',
      'uname -s',
      '/bin/usleep 1',
      '',
    ].join('\n');
    const file = scene.write({ name, script, more: [folderOf('output', `${name}/out`)] });
    const { code, told } = await compared(name, ['--file', file, '--job']);
    expect([code, differing(told)]).toEqual([1, ['state', 'exit code', 'outputs', 'log']]);
    expect(told.executors.map(({ exitCode }) => exitCode)).toEqual([0, 127]);
    expect(told.rows[2]?.findings).toEqual([
      { executor: 'local', name: `${name}/out/bytes`, text: '3 bytes on both, first different at byte 2' },
    ]);
    expect(told.executors[0]?.log).toEqual(['Linux']);
    expect(told.notes).toEqual([
      expect.stringContaining('local: The script ended with exit code 127'),
      expect.stringContaining('does not find a program'),
      expect.stringContaining('local: It runs on this machine: the image busybox is not used.'),
    ]);
  });

  it('what ends alike and yet differs may differ from itself, and that can be tried', async () => {
    const name = own('where');
    const file = scene.write({ name, script: '[ -e /bin/usleep ] && echo there || echo here\n' });
    const { code, told } = await compared(name, ['--file', file, '--executors', 'local,docker']);
    expect([code, differing(told)]).toEqual([1, ['response', 'log']]);
    expect(told.rows[3]?.findings).toEqual([
      {
        executor: 'docker',
        name: 'response',
        text: expect.stringContaining('first different at byte 0'),
        lines: expect.arrayContaining(['-here', '+there']),
      },
    ]);
    expect(told.notes.at(-1)).toContain('--executors local,local shows whether the service differs from itself');
  });

  it('an image that cannot be had is a difference to an executor that needs none', async () => {
    const name = own('imageless');
    const file = scene.write({ name, script: 'echo here\n', image: 'oscar-sandbox-test/never-made' });
    const { code, told } = await compared(name, ['--file', file, '--pull', 'never']);
    expect([code, told.executors.map(({ state }) => state)]).toEqual([1, ['Failed', 'Succeeded']]);
    expect(told.notes[0]).toMatch(/^docker: .*never-made/);
  });

  it('a service that runs nowhere is not compared', async () => {
    const name = own('nowhere');
    const file = scene.write({ name, script: 'true\n', image: 'oscar-sandbox-test/never-made' });
    const args = [name, '--file', file, '--pull', 'never', '--executors', 'docker,docker'];
    const { code, stdout, stderr } = await scene.diff(args);
    expect([code, stdout, stderr]).toEqual([7, '', expect.stringContaining('never-made')]);
  });

  it.each([['--run'], ['--job']])('Ctrl-C in the middle leaves nothing on the engine, with %s', async (how) => {
    const name = own('slow');
    const more = ['volume: { size: 1Mi, mount_path: /data, lifecycle_policy: retain }'];
    const file = scene.write({ name, script: 'sleep 600\n', more });
    const [program, ...words] = programWords;
    const args = [...words, 'diff', name, how, '-f', file, '--executors', 'docker,local'];
    const env = { PATH: process.env.PATH, HOME: scene.home, ...scene.env };
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const closed = once(child, 'close');
    let said = '';
    child.stderr.on('data', (text: Buffer) => {
      said += text;
    });
    await vi.waitFor(() => expect(said).toContain(`docker: `), { timeout: 60_000 });
    const [root = ''] = scene.left();
    const label = `oscar-sandbox.data=${dataId(join(scene.temporary, root, 'sandbox-0'))}`;
    await vi.waitFor(() => expect(carrying(label).join('\n')).toContain('volume '), { timeout: 60_000 });
    child.kill('SIGINT');
    expect(await closed).toEqual([130, null]);
    expect([readdirSync(scene.temporary).includes(root), carrying(label)]).toEqual([false, []]);
  });
});
