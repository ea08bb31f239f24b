import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DefinitionInput } from '../../../src/declare/schema.ts';
import { feed } from '../../../src/executors/kubernetes/manifests/event.ts';
import { storedOutputs } from '../../../src/executors/kubernetes/manifests/outputs.ts';
import { createLogReader, readAnswer } from '../../../src/executors/kubernetes/manifests/record.ts';
import type { Outcome, Task } from '../../../src/model/task.ts';
import { writerOf } from '../../../src/model/writer.ts';
import { describeWith } from '../../clients/installed.ts';
import { taskOf } from '../../contracts/executor.ts';
import { declared } from '../../fakes/definitions.ts';
import { createWorld, keys, type World } from '../../objects/embedded/world.ts';
import { openLocal, type Place } from '../place.ts';
import { arrived } from '../stage.ts';
import { runCall, runJob } from './pod.ts';
import { settingsOf } from './settings.ts';

/** What is the same wherever a service runs. */
interface Seen {
  state: string;
  exitCode: number | undefined;
  answer?: { form: string; text: string };
  stored: Record<string, string>;
}

let world: World;
let place: Place;
beforeAll(async () => {
  world = await createWorld();
  place = await openLocal({ buckets: world.embedded });
  for (const bucket of ['demo', 'out']) await world.embedded.create(bucket, {});
});
afterAll(async () => {
  await place.close();
  await world.close();
});

/** What was stored in `out`, which is empty afterwards. */
async function taken(): Promise<Record<string, string>> {
  const stored: Record<string, string> = {};
  const { objects } = await world.embedded.objects('out', { limit: 1000 });
  for (const { key } of objects) {
    const file = join(world.folder, 'taken');
    await world.embedded.fetch({ bucket: 'out', key }, file);
    stored[key] = readFileSync(file, 'utf8');
    execFileSync('rm', [file]);
    await world.embedded.delete('out', key, {});
  }
  return stored;
}

function shown(form: string, bytes: Buffer): { form: string; text: string } {
  if (form !== 'archive') return { form, text: bytes.toString('latin1') };
  const archive = join(world.folder, 'archive.zip');
  writeFileSync(archive, bytes);
  const names = execFileSync('unzip', ['-Z1', archive], { encoding: 'utf8' }).trim().split('\n').sort();
  return { form, text: names.map((name) => `${name}: ${execFileSync('unzip', ['-p', archive, name])}`).join('\n') };
}

async function onLocal(task: Task): Promise<Seen> {
  const outcome: Outcome = await place.local.run(task, () => undefined, new AbortController().signal);
  const { content, form } = outcome.answer;
  const answer = shown(form, 'bytes' in content ? content.bytes : readFileSync(content.file));
  await outcome.release();
  const { state, exitCode } = outcome;
  return { state, exitCode, ...(task.kind === 'run' ? { answer } : {}), stored: await taken() };
}

const body = (task: Task): Buffer => ('bytes' in task.payload ? task.payload.bytes : Buffer.alloc(0));

describeWith('faas-supervisor-1.5.8', (python) => {
  const options = () => ({
    settings: settingsOf({ store: { endpoint: world.url, region: 'us-east-1', verify: false } }),
    supervisor: join(import.meta.dirname, 'supervisor.py'),
    shell: 'dash',
    python,
    keys,
    // As many images have it.
    image: { LC_ALL: 'C' },
  });

  async function inPod(task: Task): Promise<Seen> {
    if (task.kind === 'job') {
      const { log } = await runJob(task, options());
      const reader = createLogReader(task.id, () => undefined);
      for (const line of log.split('\n').slice(0, -1)) reader.push(line);
      const record = reader.record();
      const failed = record?.exitCode !== 0 || record.supervisorCode !== 0;
      const stored = await taken();
      // What it has stored is known without a look into the store.
      const told = record ? storedOutputs(task, body(task), record) : [];
      expect(told.sort()).toEqual(Object.keys(stored).map((key) => `out/${key}`));
      return { state: failed ? 'Failed' : 'Succeeded', exitCode: record?.exitCode, stored };
    }
    const { stdout, code } = await runCall(task, feed(body(task)).text, options());
    const found = readAnswer(task.id, stdout);
    if (!found) throw new Error(`No answer: ${stdout}`);
    const { record, payload } = found;
    const encoded = record.form !== 'output';
    const answer = shown(record.form, encoded ? Buffer.from(payload.toString(), 'base64') : payload);
    return { state: code === 0 ? 'Succeeded' : 'Failed', exitCode: record.exitCode, answer, stored: await taken() };
  }

  const example = (name: string) => readFileSync(join(import.meta.dirname, '../../fixtures/examples', name), 'utf8');
  const output = [{ storage_provider: 'minio', path: 'out/results' }];
  const reads = 'cat "$INPUT_FILE_PATH"; echo; env | grep ^CONT_VAR | sort; true';
  const writes = (...names: string[]) =>
    `echo said; cd "$TMP_OUTPUT_DIR"; ${names.map((n) => `mkdir -p "$(dirname ${n})"; printf ${n} >${n}`).join('; ')}`;

  const calls: [title: string, script: string, body: string | Buffer, more?: Partial<DefinitionInput>][] = [
    ['cowsay of a JSON object', example('cowsay.sh'), '{"message": "Hello there"}'],
    ['cowsay of base64', example('cowsay.sh'), Buffer.from('Hello there').toString('base64')],
    ['cowsay of text', example('cowsay.sh'), 'Hello there'],
    ['a JSON object of several kinds', reads, '{"b": [1, 1e3, -0.5, null], "a": "é 😀 \\u0000", "c": {"Ü": true}}'],
    ['base64 that is a number', reads, '12345678'],
    ['base64 that is a word of JSON', reads, 'true'],
    ['base64 in lines', reads, 'aGVs\nbG8=\n'],
    ['a JSON string', reads, '"plain"'],
    ['a list', reads, '[1, 2]'],
    ['no text', 'cksum <"$INPUT_FILE_PATH"', Buffer.from([0, 255, 254, 10, 13, 0])],
    ['nothing', reads, ''],
    ['what looks like a wrapper', reads, '{"event": 5}'],
    ['what looks like records', reads, '{"Records": [{"eventSource": "here"}], "x": "ü"}'],
    ['an event of a gateway', reads, '{"httpMethod": "POST", "queryStringParameters": {"q": "é"}, "body": "as it is"}'],
    ['a wrapped text', reads, '{"event": "aGk="}'],
    ['an input that is not staged', `echo "\${INPUT_FILE_PATH-none}"`, 'aGk=', { file_stage_in: true }],
    ['the one file', writes('sub/a.bin'), ''],
    ['many files', writes('b.txt', 'a.txt', 'sub/c.txt'), ''],
    ['a script that fails', `${writes('a.txt')}; exit 3`, '', { output }],
    ['outputs, stored from a call too', writes('a.txt', 'sub/b.txt'), '', { output }],
    ['both streams in order', "echo 1; echo 2 >&2; printf '3\\r\\n4'", ''],
  ];
  it.each(calls)('a call with %s is answered as by the local executor', async (_, script, sent, more = {}) => {
    const service = declared({ name: 'demo', script, log_level: 'DEBUG', ...more });
    const task = taskOf(service, '', { payload: { bytes: Buffer.from(sent) } });
    const seen = await inPod(task);
    expect(seen).toEqual(await onLocal(task));
    expect(seen.exitCode).toBeDefined();
  });

  const jobs: [title: string, script: string, key: string, more?: Partial<DefinitionInput>][] = [
    ['simple-test', example('simple-test.sh'), 'in/poem.txt'],
    ['the cutting of frames', example('cut-frames.sh'), 'in/street.clip'],
    ['the finding of masks', example('find-masks.sh'), 'in/street/2.frame'],
    [
      'a key that is no plain name',
      'cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR"; echo "$STORAGE_OBJECT_KEY"',
      'in/ä b+c%d.txt',
    ],
    [
      'filters of outputs',
      writes('a.txt', 'b.bin', 'on'),
      'in/x',
      {
        output: [
          { storage_provider: 'minio.default', path: 'out/f', suffix: ['.txt', 'on'], prefix: ['a', 'on', 'no'] },
        ],
      },
    ],
    ['a script that fails', `${writes('a.txt')}; exit 3`, 'in/x'],
    ['an event that the script reads', 'printf "%s" "$EVENT" | cksum >"$TMP_OUTPUT_DIR/sum"', 'in/x'],
    [
      'an output bucket that is not there',
      writes('a.txt'),
      'in/x',
      { output: [{ storage_provider: 'minio', path: 'gone/x' }] },
    ],
  ];
  it.each(jobs)('a job with %s does what it does on the local executor', async (_, script, key, more = {}) => {
    await world.embedded.put('demo', key, { bytes: Buffer.from('mask face mask\nface\n') }, {});
    const service = declared({ name: 'demo', script, output, ...more });
    const task = taskOf(service, arrived(key), { kind: 'job' });
    const seen = await inPod(task);
    const local = await onLocal(task);
    // A supervisor that could not store has failed; nobody else's code is the script's.
    expect(seen).toEqual(local);
  });

  it('a job with an object that is gone fails before its script', async () => {
    const task = taskOf(declared({ name: 'demo', script: 'echo never' }), arrived('in/gone'), { kind: 'job' });
    expect(await inPod(task)).toEqual({ state: 'Failed', exitCode: undefined, stored: {} });
    const { code, log, termination } = await runJob(task, options());
    expect({ code, termination: termination.split('\n').at(-2) }).toEqual({ code: 1, termination: '- 1' });
    expect(log).toContain('There was an exception in _parse_input');
    expect(log).not.toContain('never\n');
  });

  it('what a service wrote can be told from what others wrote', async () => {
    const script = 'echo x >"$TMP_OUTPUT_DIR/x"';
    await runJob(taskOf(declared({ name: 'demo', script, output }), '', { kind: 'job' }), options());
    const { event } = world.heard.findLast(({ event }) => event.key === 'results/x') ?? {};
    expect(writerOf(event?.userAgent ?? '')).toBe('demo');
    expect(writerOf('Boto3/1.44 app/other')).toBeUndefined();
    await taken();
  });
});
