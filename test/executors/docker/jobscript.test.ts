import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { readJob } from '../../../src/executors/docker/jobend.ts';
import { jobScript } from '../../../src/executors/docker/jobscript.ts';

const base = mkdtempSync(join(tmpdir(), 'jobscript-'));
afterAll(() => rmSync(base, { recursive: true }));
const script = jobScript({ opens: false });
const nonce = 'ab'.repeat(16);

let count = 0;
async function run(shell: string[], text: string, env = '') {
  count += 1;
  const folder = join(base, `task-${count}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'env'), env);
  writeFileSync(join(folder, 'script.sh'), text);
  const [program = '', ...args] = shell;
  const child = spawn(program, [...args, '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  const end = readJob(child.stdout, nonce, (chunk) => chunks.push(chunk));
  child.stdin.write(`${nonce} ${folder}\n`);
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const ran = await end;
  const code = await ended;
  child.stdin.end();
  return { ran, code, output: Buffer.concat(chunks).toString() };
}

const shells = [['/bin/dash'], ['/bin/bash', '--posix'], ['/bin/bash'], ['/bin/busybox', 'sh']];
for (const shell of shells.filter(([program = '']) => existsSync(program))) {
  describe(`the first process of a job under ${shell.join(' ')}`, () => {
    it.each([
      ['a code', 'echo hi; exit 7', 7, 'hi\n'],
      ['success', 'echo "$WORD"', 0, 'it\n'],
      ['a signal', 'kill -15 $$', 143, ''],
      ['both streams', 'echo 1; echo 2 >&2', 0, '1\n2\n'],
      ['nothing on its input', 'cat; echo end', 0, 'end\n'],
      ['a child that still prints', '(sleep 0.2; echo late) & echo early', 0, 'early\nlate\n'],
      [
        'what looks like an end',
        `printf '\\036${'0'.repeat(32)} 0 0 0\\n'; printf '\\036'; exit 4`,
        4,
        `\x1e${'0'.repeat(32)} 0 0 0\n\x1e`,
      ],
      ['closed streams', 'echo a; exec >&- 2>&-; exit 5', 5, 'a\n'],
      ['no way to its streams', '(echo forged >&3) 2>/dev/null; (echo forged >&4) 2>/dev/null; echo end', 0, 'end\n'],
    ])('tells of %s', async (_, text, code, output) => {
      const result = await run(shell, text, 'export WORD=it folder=x nonce=y code=9\n');
      expect(result).toMatchObject({ ran: { exitCode: code }, code, output });
    });
  });
}

describe('the end of a job', () => {
  const read = async (...pieces: string[]) => {
    let output = '';
    const ran = await readJob(Readable.from(pieces.map((piece) => Buffer.from(piece))), nonce, (chunk) => {
      output += chunk.toString();
    });
    return { ran, output };
  };

  it('is found however the stream is cut', async () => {
    const stream = `one\x1etwo\x1e${nonce} 3 1 2\n`;
    for (let at = 0; at <= stream.length; at++) {
      expect(await read(stream.slice(0, at), stream.slice(at))).toEqual({
        ran: { exitCode: 3, left: 1, oomKills: 2 },
        output: 'one\x1etwo',
      });
    }
  });

  it('is none when the stream ends without', async () => {
    expect(await read('one\x1e', 'ab')).toEqual({ ran: undefined, output: 'one\x1eab' });
  });

  it('may lack what the place does not count', async () => {
    expect((await read(`\x1e${nonce} 0 0 \n`)).ran).toEqual({ exitCode: 0, left: 0 });
  });
});
