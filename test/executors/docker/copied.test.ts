import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Header } from 'tar';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { unpack } from '../../../src/executors/docker/tarball.ts';
import { describeWith } from '../../clients/installed.ts';
import { docker } from '../../docker.ts';
import { said } from './place.ts';
import { makeImage, removeImages, small, useDocker } from './stage.ts';

describeWith('docker', () => {
  const bound = useDocker({ delivery: 'bound' });
  const copied = useDocker({ delivery: 'copied' });
  removeImages();
  const output = [{ storage_provider: 'minio', path: 'out/r' }];
  const all = [
    'cd "$TMP_OUTPUT_DIR"',
    'mkdir -p sub/deep; echo 1 >a.txt; echo 2 >sub/deep/b.txt; : >empty; chmod 000 empty',
    'ln -s a.txt inside; ln a.txt twice; ln -s /etc/passwd outside; ln -s ../env below; mkfifo pipe',
    'echo "$WORD"; cat "$INPUT_FILE_PATH" 2>/dev/null; ls "$(dirname "$TMP_OUTPUT_DIR")"',
  ].join('\n');

  it.each(['run', 'job'] as const)('a %s has the same results as where files are bound', async (kind) => {
    const service = small({ name: 'same', script: all, output, log_level: 'INFO' }, { secrets: { WORD: 'hush' } });
    const results = [];
    for (const { run } of [bound, copied]) {
      const lines: string[] = [];
      const outcome = await run(service, { kind, payload: { bytes: Buffer.from('input!') } }, (line) =>
        lines.push(line),
      );
      const { state, reason, outputs, answer } = outcome;
      results.push({ state, reason, outputs, form: answer.form, lines: lines.sort() });
      await outcome.release();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[0]).toMatchObject({
      state: 'Succeeded',
      outputs: ['out/r/a.txt', 'out/r/empty', 'out/r/inside', 'out/r/twice', 'out/r/sub/deep/b.txt'],
    });
    for (const key of ['r/a.txt', 'r/sub/deep/b.txt', 'r/inside', 'r/twice']) {
      const [one, two] = [bound, copied].map(({ stage }) => stage.place.buckets.stored('out', key));
      expect(two).toEqual({ ...one, modifiedAt: expect.any(Number) });
    }
  });

  it.each([
    ['its output folder', 'rm -r "$TMP_OUTPUT_DIR"; echo gone'],
    ['all that it was given', 'cd /; rm -r "$(dirname "$TMP_OUTPUT_DIR")"; echo gone'],
  ])('a task that removes %s fails with a sentence, and the next one does not', async (_, script) => {
    for (const { run, call } of [bound, copied]) {
      for (const kind of ['run', 'job'] as const) {
        const outcome = await run(small({ name: 'removes', script, output }), { kind });
        const reason = 'The output folder is gone: the script removed it.';
        expect(outcome).toMatchObject({ state: 'Failed', exitCode: 0, reason });
        expect(await said(outcome)).toBe('gone\n');
      }
      expect(await call(small({ name: 'removes', script: 'echo next' }))).toBe('next\n');
    }
  });

  it('serves one call after the other in the same container, and leaves the files of none in it', async () => {
    const service = small({
      name: 'warm',
      script: 'ls /oscar/tasks | wc -l | tr -d " "',
      synchronous: { min_scale: 1, max_scale: 1 },
    });
    await copied.stage.place.executor.deploy(service);
    expect([await copied.call(service), await copied.call(service)]).toEqual(['1\n', '1\n']);
    expect((await copied.workers('warm')).length).toBe(1);
  });

  it("lets the image's own user read its input and write its output", async () => {
    const image = makeImage(['USER 1500:1500']);
    const service = small({
      name: 'own',
      image,
      script: 'echo "$(id -u)" >"$TMP_OUTPUT_DIR/id.txt"; wc -c <"$INPUT_FILE_PATH"',
      output,
    });
    for (const kind of ['run', 'job'] as const) {
      const outcome = await copied.run(service, { kind, payload: { bytes: Buffer.from('four!') } });
      expect(outcome).toMatchObject({ state: 'Succeeded', outputs: ['out/r/id.txt'] });
      await outcome.release();
    }
  });

  it('binds nothing of this machine', async () => {
    const service = small({ name: 'bare', script: 'echo ok', synchronous: { min_scale: 1, max_scale: 1 } });
    await copied.stage.place.executor.deploy(service);
    const [worker = ''] = await copied.workers('bare');
    expect(JSON.parse(docker('inspect', '--format', '{{json .Mounts}}', worker))).toEqual([]);
    expect(await said(await copied.run(service))).toBe('ok\n');
  });
});

describe('what a container sends', () => {
  let folder: string;
  const folders: string[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'unpacked-'));
    folders.push(folder);
  });
  afterAll(() => {
    for (const one of folders) rmSync(one, { recursive: true, force: true });
  });

  const entry = (
    path: string,
    type: 'File' | 'SymbolicLink' | 'Link' | 'Directory',
    more: { linkpath?: string; text?: string } = {},
  ) => {
    const { linkpath, text = '' } = more;
    const block = Buffer.alloc(512);
    new Header({ path, type, size: text.length, mode: 0o644, ...(linkpath ? { linkpath } : {}) }).encode(block);
    const body = Buffer.alloc(Math.ceil(text.length / 512) * 512);
    body.write(text);
    return Buffer.concat([block, body]);
  };
  const send = async (...entries: Buffer[]): Promise<string[]> => {
    const skipped: string[] = [];
    const tar = Readable.from([Buffer.concat([...entries, Buffer.alloc(1024)])]);
    await unpack(tar, folder, { top: 'out', onSkip: (name, why) => skipped.push(`${name}: ${why}`) });
    return skipped;
  };

  it.each<[string, Buffer[]]>([
    ['an absolute name', [entry('/tmp/evil', 'File', { text: 'x' })]],
    ['a name that climbs', [entry('out/../../evil', 'File', { text: 'x' })]],
    ['a name beside the folder', [entry('evil', 'File', { text: 'x' })]],
    ['a link that climbs', [entry('out/evil', 'SymbolicLink', { linkpath: '../../etc/passwd' })]],
    ['an absolute link', [entry('out/evil', 'SymbolicLink', { linkpath: '/etc/passwd' })]],
    ['a hard link to what is outside', [entry('out/evil', 'Link', { linkpath: '/etc/passwd' })]],
  ])('is not unpacked when it has %s', async (_, entries) => {
    const skipped = await send(entry('out/', 'Directory'), ...entries, entry('out/good', 'File', { text: 'good' }));
    expect(skipped.length).toBe(1);
    expect(readdirSync(folder)).toEqual(['out']);
    expect(readdirSync(join(folder, 'out'))).toEqual(['good']);
    expect(readFileSync(join(folder, 'out/good'), 'utf8')).toBe('good');
  });

  it('is not written through a link that it made before, nor through one that was there', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    folders.push(outside);
    writeFileSync(join(outside, 'kept'), 'kept');
    await send(
      entry('out/', 'Directory'),
      entry('out/door', 'SymbolicLink', { linkpath: 'room' }),
      entry('out/door/evil', 'File', { text: 'x' }),
    );
    expect(existsSync(join(outside, 'evil'))).toBe(false);
    symlinkSync(outside, join(folder, 'out', 'room'));
    await send(entry('out/room/evil', 'File', { text: 'x' }));
    expect(readdirSync(outside)).toEqual(['kept']);
  });
});
