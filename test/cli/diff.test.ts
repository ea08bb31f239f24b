import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isAlive } from '../../src/daemon/background.ts';
import { programWords } from '../words.ts';
import { createScene, differing, folderOf, type Told } from './differing.ts';

let scene: ReturnType<typeof createScene>;
beforeAll(() => {
  scene = createScene();
});
afterAll(() => scene.remove());

/** The same executor twice shows what a service does not do the same by itself. */
const twice = ['--executors', 'local,local'];

const compared = async (args: string[], stdin?: string | Buffer) => {
  const { code, stdout, stderr } = await scene.diff([...args, ...twice, '--json'], stdin);
  expect(scene.left()).toEqual([]);
  return { code, stderr, told: JSON.parse(stdout || '{}') as Told };
};

describe('a service that always does the same', () => {
  it('is called and told to be the same, paths and ids of the sandbox aside', async () => {
    const script = 'echo "$INPUT_FILE_PATH $TMP_OUTPUT_DIR $OSCAR_SERVICE_TOKEN"\ncat "$INPUT_FILE_PATH"\n';
    const file = scene.write({ name: 'echo', script });
    const { code, told } = await compared(['echo', '--file', file, '--input', 'hello']);
    expect({ code, told }).toMatchObject({ code: 0, told: { service: 'echo', how: 'run', same: true, notes: [] } });
    expect(told.rows.map(({ what, same }) => [what, same])).toEqual([
      ['state', true],
      ['exit code', true],
      ['outputs', true],
      ['response', true],
      ['log', true],
      ['seconds', undefined],
    ]);
    expect(told.executors.map(({ executor, log }) => [executor, log[1]])).toEqual([
      ['local', 'hello'],
      ['local (2)', 'hello'],
    ]);
  });

  it('gets a file as an object when it listens to a bucket, and its objects are compared', async () => {
    const script = [
      'echo "$JOB_UUID $EVENT"',
      'wc -c < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/size.txt"',
      'mkdir "$TMP_OUTPUT_DIR/more" && cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/more/copy"',
      '',
    ].join('\n');
    const more = [folderOf('input', 'count/in'), folderOf('output', 'count/out')];
    const file = scene.write({ name: 'count', script, more });
    const poem = join(scene.home, 'poem.txt');
    writeFileSync(poem, 'to be or not to be\n');
    const { code, told } = await compared(['count', poem, '--file', file]);
    expect({ code, told }).toMatchObject({ code: 0, told: { how: 'job', same: true } });
    expect(told.executors[1]?.outputs.map(({ name, size }) => [name, size])).toEqual([
      ['count/out/more/copy', 19],
      ['count/out/size.txt', 3],
    ]);
    expect(told.executors[0]?.response).toBeUndefined();
    const log = told.executors[0]?.log ?? [];
    expect(log.join('\n')).toContain('count/in/poem.txt');
    expect(log.join('\n')).not.toContain('[sandbox]');
  });

  it('takes its input from stdin, and gets its secrets and its variables', async () => {
    const script = 'printf "%s %s " "$GREETING" "$KEY"\ncat "$INPUT_FILE_PATH"\n';
    const more = ['environment: { variables: { GREETING: hi }, secrets: { KEY: sesame } }'];
    const file = scene.write({ name: 'keeper', script, more });
    const { code, told } = await compared(['keeper', '-', '--file', file], 'from stdin');
    expect([code, told.executors[0]?.log]).toEqual([0, ['hi sesame from stdin']]);
  });

  it('may fail, as long as it fails in the same way', async () => {
    const file = scene.write({ name: 'failing', script: 'echo no\nexit 3\n' });
    const { code, told } = await compared(['failing', '--file', file]);
    expect([code, differing(told)]).toEqual([0, []]);
    expect(told.executors.map(({ state, exitCode }) => [state, exitCode])).toEqual([
      ['Failed', 3],
      ['Failed', 3],
    ]);
    expect(told.notes).toEqual([expect.stringMatching(/^local, local \(2\): .*exit code 3/)]);
  });

  it('is a job without a file when that is asked for', async () => {
    const file = scene.write({ name: 'worker', script: 'cat "$INPUT_FILE_PATH"\n' });
    const { code, told } = await compared(['worker', '--job', '--input', 'text', '--file', file]);
    expect([code, told.how, told.executors[0]?.log]).toEqual([0, 'job', ['text']]);
  });

  it('is named with the services that it would have started', async () => {
    const folder = [folderOf('output', 'first/out')];
    scene.write({ name: 'second', script: 'true\n', more: [folderOf('input', 'first/out')] });
    scene.write({ name: 'first', script: 'echo x > "$TMP_OUTPUT_DIR/x"\n', more: folder });
    const { told } = await compared(['first', '--file', scene.folder]);
    expect(told.notes).toEqual(['What its outputs would start was not: second.']);
  });
});

describe('a service that differs from itself', () => {
  // Each run of a script finds what the one before it left.
  const turn = () => `if mkdir ${join(scene.home, `turn-${Math.random()}`)} 2> /dev/null; then first=1; fi\n`;

  it('is told with the files that differ, the first byte, and a diff of text', async () => {
    const script = [
      `${turn()}cd "$TMP_OUTPUT_DIR"`,
      'if [ "$first" ]; then printf "one\\ntwo\\n" > text; printf "\\0ab" > binary; echo > gone; else',
      'printf "one\\ntoo\\n" > text; printf "\\0aB" > binary; echo > come; fi',
      'echo same > same\necho "first: $first"\n',
    ].join('\n');
    const file = scene.write({ name: 'moody', script, more: [folderOf('output', 'moody/out')] });
    const { code, told } = await compared(['moody', '--file', file, '--job']);
    expect([code, differing(told)]).toEqual([1, ['outputs', 'log']]);
    const [, , outputs, log] = told.rows;
    const by = 'local (2)';
    expect(outputs?.findings).toEqual([
      { executor: by, name: 'moody/out/binary', text: '3 bytes on both, first different at byte 2' },
      { executor: by, name: 'moody/out/come', text: 'only on local (2), 1 byte' },
      { executor: by, name: 'moody/out/gone', text: 'only on local, 1 byte' },
      {
        executor: by,
        name: 'moody/out/text',
        text: '8 bytes on both, first different at byte 5',
        lines: ['@@ line 1 @@', ' one', '-two', '+too'],
      },
    ]);
    expect(log?.findings[0]?.lines).toEqual(['@@ line 1 @@', '-first: 1', '+first: ']);
  });

  it('is told for people as a table, with what differs below it', async () => {
    const file = scene.write({ name: 'shaky', script: `${turn()}[ "$first" ] && exit 0\necho worse\nexit 4\n` });
    const { code, stdout } = await scene.diff(['shaky', '--file', file, ...twice]);
    expect(code).toBe(1);
    expect(stdout.replace(/\d+\.\d\d/g, '0.00').replace(/ +$/gm, '')).toBe(
      [
        '           local      local (2)',
        'state      Succeeded  Failed     differs',
        'exit code  0          4          differs',
        'outputs    none       none       same',
        'response   1 byte     21 bytes   differs',
        'log        0 lines    1 line     differs',
        'seconds    0.00       0.00',
        '',
        'response:',
        '  response: 1 and 21 bytes, first different at byte 0',
        '    --- local',
        '    +++ local (2)',
        '    @@ line 1 @@',
        '    +exit status 4',
        '    +worse',
        '',
        '',
        'log:',
        '  other lines',
        '    --- local',
        '    +++ local (2)',
        '    @@ line 1 @@',
        '    +worse',
        '',
        'note: local (2): The script ended with exit code 4.',
        'note: local, local (2): It runs on this machine: the image busybox is not used.',
        '',
        'shaky does not do the same on local and local (2).',
        '',
      ].join('\n'),
    );
  });

  it('may answer other files in a zip', async () => {
    const script = `${turn()}cd "$TMP_OUTPUT_DIR"\necho a > a\necho b > b\n[ "$first" ] || echo c > c\n`;
    const file = scene.write({ name: 'packer', script });
    const { code, told } = await compared(['packer', '--file', file]);
    expect([code, differing(told)]).toEqual([1, ['response']]);
    expect(told.rows[3]?.findings).toEqual([{ executor: 'local (2)', name: 'c', text: 'only on local (2), 2 bytes' }]);
  });
});

describe('the running sandbox', () => {
  beforeAll(async () => {
    scene.write({ name: 'served', script: 'echo "$KEY"\n', more: ['environment: { secrets: { KEY: sesame } }'] });
    const ports = ['--port', '0', '--s3-port', '0', '--exposed-port', '0'];
    expect(await scene.drive(['up', scene.folder, '--detach', '--wait', ...ports])).toMatchObject({ code: 0 });
  });
  afterAll(() => scene.drive(['down']));

  it('lends its service, with the secrets that its folder has, and is not touched', async () => {
    const before = await scene.drive(['status', '--json']);
    const { code, told } = await compared(['served']);
    expect([code, told.executors[0]?.log]).toEqual([0, ['sesame']]);
    expect((await scene.drive(['status', '--json'])).stdout).toBe(before.stdout);
    expect((await scene.drive(['logs', 'served'])).code).toBe(4);
  });

  it('does not tell secrets that are in no file', async () => {
    const elsewhere = createScene();
    const file = elsewhere.write({ name: 'hidden', script: 'true\n', more: ['environment: { secrets: { A: b } }'] });
    expect(await scene.drive(['apply', file])).toMatchObject({ code: 0 });
    elsewhere.remove();
    const { code, stderr } = await scene.diff(['hidden', ...twice]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('does not tell the secrets of hidden: A.')]);
  });

  it('does not have every service', async () => {
    const { code, stderr } = await scene.diff(['nobody', ...twice]);
    expect([code, stderr]).toEqual([4, expect.stringContaining('No service is called nobody.')]);
  });
});

describe('what cannot be compared is told, with its exit code', () => {
  const rows: [title: string, args: (file: string) => string[], code: number, sentence: string][] = [
    [
      'no sandbox and no file',
      () => ['plain', '--data-dir', '/tmp/nobody-here'],
      3,
      'which FDL file the service is in',
    ],
    ['a service that the file does not have', (file) => ['nobody', '-f', file], 4, 'There is: plain.'],
    ['a file that is not there', () => ['plain', '-f', 'no.yaml'], 2, 'There is no file or folder no.yaml.'],
    ['an input that is not there', (file) => ['plain', 'no.txt', '-f', file], 2, 'There is no file no.txt.'],
    ['two inputs', (file) => ['plain', file, '-i', 'x', '-f', file], 2, 'A file and --input were both given.'],
    ['two ways', (file) => ['plain', '--run', '--job', '-f', file], 2, '--run and --job were both given.'],
    ['one executor', (file) => ['plain', '-f', file, '--executors', 'local'], 2, 'Two executors are compared'],
    ['an unknown executor', (file) => ['plain', '-f', file, '--executors', 'local,moon'], 2, 'no executor moon'],
    ['no executor but a choice', (file) => ['plain', '-f', file, '--executors', 'auto,local'], 2, 'auto is not'],
  ];
  it.each(rows)('%s', async (_title, args, code, sentence) => {
    const file = scene.write({ name: 'plain', script: 'true\n' });
    const ended = await scene.diff(args(file));
    expect([ended.code, ended.stderr]).toEqual([code, expect.stringContaining(sentence)]);
    expect([ended.stdout, scene.left()]).toEqual(['', []]);
  });

  it('a service that waits for a file and gets none', async () => {
    const file = scene.write({ name: 'waiting', script: 'true\n', more: [folderOf('input', 'waiting/in')] });
    const { code, stderr } = await scene.diff(['waiting', '-f', file, ...twice]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Give a FILE or --input TEXT')]);
  });

  it('a web server, which takes no calls', async () => {
    const file = scene.write({ name: 'web', script: 'true\n', more: ['expose: { api_port: 80 }'] });
    const { code, stderr } = await scene.diff(['web', '-f', file, ...twice]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Compare its script as a job: --job.')]);
  });

  it('an engine that is away: 7, and the others do not work for nothing', async () => {
    const file = scene.write({ name: 'plain', script: `touch ${join(scene.home, 'ran')}\n` });
    const env = { ...scene.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const args = ['diff', 'plain', '-f', file, '--executors', 'local,docker'];
    const { code, stdout, stderr } = await scene.drive(args, { env });
    expect([code, stdout, stderr]).toEqual([7, '', expect.stringContaining('does not answer')]);
    expect([scene.left(), existsSync(join(scene.home, 'ran'))]).toEqual([[], false]);
  });
});

/** A comparison whose service runs for longer than any test; answers once it does. */
async function startSlow(name: string, how: string) {
  const mark = join(scene.home, `pid-${name}`);
  const file = scene.write({ name, script: `echo $$ > ${mark}.new\nmv ${mark}.new ${mark}\nexec sleep 600\n` });
  const [program, ...words] = programWords;
  const args = [...words, 'diff', name, how, '-f', file, ...twice];
  const env = { PATH: process.env.PATH, HOME: scene.home, ...scene.env };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close');
  await vi.waitFor(() => expect(existsSync(mark)).toBe(true), { timeout: 20_000 });
  return { child, closed, script: Number(readFileSync(mark, 'utf8')) };
}

it.each([['--run'], ['--job']])('Ctrl-C in the middle leaves nothing, with %s', async (how) => {
  const { child, closed, script } = await startSlow(`slow${how.slice(1)}`, how);
  child.kill('SIGINT');
  expect(await closed).toEqual([130, null]);
  await expect.poll(() => isAlive(script)).toBe(false);
  expect(scene.left()).toEqual([]);
});

it('what a killed one leaves is taken away by the next one, and nothing of one that still runs', async () => {
  const { child, closed, script } = await startSlow('killed', '--job');
  const file = scene.write({ name: 'next', script: 'true\n' });
  const next = () => scene.diff(['next', '--file', file, ...twice]);
  const [mine] = scene.left();
  expect((await next()).stderr).not.toContain('killed');
  expect(scene.left()).toEqual([mine]);
  child.kill('SIGKILL');
  await closed;
  if (isAlive(script)) process.kill(script, 'SIGKILL');
  expect(await next()).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('what a diff that was killed had left'),
  });
  expect(scene.left()).toEqual([]);
});
