import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith } from './clients/installed.ts';
import { type Program, startProgram } from './program.ts';

let folder: string;
let program: Program;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
  cpSync(join(import.meta.dirname, 'fixtures/examples'), folder, { recursive: true });
  program = await startProgram({ folder });
});
afterAll(async () => {
  await program.stop();
  rmSync(folder, { recursive: true });
});

const run = async (service: string, body: string) =>
  (await program.call(`/run/${service}`, { method: 'POST', body })).text();
/** The object, once it is there. */
const arrives = (path: string) => expect.poll(() => program.get(path).catch(() => undefined));

describe('cowsay', () => {
  it.each([
    ['a JSON object', JSON.stringify({ message: 'Hello there' })],
    ['text in base64', Buffer.from('Hello there').toString('base64')],
    ['text as it is', 'Hello there'],
  ])('answers %s', async (_what, body) => {
    const cow = await run('cowsay', body);
    expect(cow).toContain('< Hello there >');
    expect(cow).toContain('(oo)');
  });

  it('says something else once its script is saved', async () => {
    const script = join(folder, 'cowsay.sh');
    writeFileSync(script, readFileSync(script, 'utf8').replace('(oo)', '(xx)'));
    await expect.poll(() => run('cowsay', 'moo')).toContain('(xx)');
  });
});

describe('simple-test', () => {
  it('counts the words of an uploaded file and keeps what it printed', async () => {
    await program.put('simple-test/input/poem.txt', 'one two three\n');
    await arrives('simple-test/output/poem-out.txt').toBe('one two three\nwords: 3\nbytes: 14\n');
    const { stdout } = await program.command(['logs', 'simple-test']);
    expect(stdout).toContain('Working on poem.txt');
  });
});

describe('the mask detector', () => {
  it('takes a clip through both services, folders included', async () => {
    await program.put('masks/clips/street.clip', 'mask face mask\nface\nmask\n');
    await arrives('masks-result/found/street/1.txt').toBe('masks: 2\n');
    await arrives('masks-result/found/street/2.txt').toBe('masks: 0\n');
    await arrives('masks-result/found/street/3.txt').toBe('masks: 1\n');
  });
});

describeWith('imagemagick', (convert) => {
  it('grayify turns an uploaded picture grey and stores only what its suffix lets through', async () => {
    const picture = join(folder, 'red.png');
    execFileSync(convert, ['-size', '8x8', 'xc:red', picture]);
    await program.put('grayify/in/red.png', readFileSync(picture));
    await arrives('grayify/out/red.png').toContain('PNG');
    const { stdout } = await program.command(['get', 'grayify/out/red.png', join(folder, 'grey.png')]);
    expect(stdout).toContain('grey.png');
    const colour = execFileSync(convert, [join(folder, 'grey.png'), '-format', '%[channels]', 'info:'], {
      encoding: 'utf8',
    });
    expect(colour.trim()).toMatch(/^gray/);
    expect((await program.command(['ls', 'grayify/out'])).stdout).not.toContain('notes.txt');
  });
});
