import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { base64, fdl, png, startSmall } from './small.ts';

let small: Awaited<ReturnType<typeof startSmall>>;
beforeAll(async () => {
  small = await startSmall();
});
afterAll(() => small.close());

beforeEach(() => void small.sandbox.asked.splice(0));

it('apply updates a service that is there and creates one that is not, with the script in it', async () => {
  await small.drive(['apply', 'fdl.yaml']);
  const sent = small.sandbox.asked
    .filter(({ body }) => body !== '')
    .map(({ method, body }) => [method, JSON.parse(body)]);
  expect(sent).toEqual([
    ['PUT', expect.objectContaining({ name: 'echo', script: 'cat', owner: 'cluster_admin' })],
    ['POST', expect.objectContaining({ name: 'fresh', script: 'cat' })],
  ]);
});

it('nothing is sent when a file has a problem, which is told with its place', async () => {
  writeFileSync(join(small.home, 'bad.yaml'), fdl.replace('script: echo.sh', 'script: gone.sh'));
  const ended = await small.drive(['apply', 'fdl.yaml', 'bad.yaml']);
  expect(ended.stderr).toContain(`${small.home}/bad.yaml:6:`);
  expect(ended.code).toBe(2);
  expect(small.sandbox.asked).toEqual([]);
});

it('a file goes to a service in base64, whole, and its answer comes back as the very bytes', async () => {
  const big = Buffer.from(Array.from({ length: 200_003 }, (_, at) => at % 251));
  writeFileSync(join(small.home, 'big.bin'), big);
  const ended = await small.drive(['run', 'picture', '-f', 'big.bin', '-o', 'out/answer.png']);
  expect(small.sandbox.asked.at(-1)?.body).toBe(base64(big));
  expect(readFileSync(join(small.home, 'out/answer.png'))).toEqual(png);
  expect(ended).toMatchObject({ code: 0, stdout: '', stderr: 'out/answer.png: 8 bytes.\n' });
});

it('an answer that is a file goes through a pipe unchanged', async () => {
  const { stdout } = await small.drive(['run', 'picture']);
  expect(Buffer.from(stdout, 'latin1')).toEqual(png);
});

it('stdin is the input where the file is called -', async () => {
  const { stdout } = await small.drive(['run', 'echo', '-f', '-'], { stdin: 'from a pipe' });
  expect(stdout).toBe('got from a pipe\n');
});

it('what is put is stored as it is, from a file or from stdin', async () => {
  await small.drive(['put', 'a.png', 'b/in/']);
  await small.drive(['put', '-', 'b/word'], { stdin: 'word' });
  const stored = small.sandbox.asked
    .filter(({ method }) => method === 'PUT')
    .map(({ path, body }) => [path.split('?')[0], body]);
  expect(stored).toEqual([
    ['/b/in/a.png', png.toString('latin1')],
    ['/b/word', 'word'],
  ]);
});

const targets: [args: string[], file: string][] = [
  [['get', 'b/in/a.png', 'copy.png'], 'copy.png'],
  [['get', 's3://b/in/a.png', 'fetched/'], 'fetched/a.png'],
];
it.each(targets)('%j writes %s', async (args, file) => {
  const ended = await small.drive(args);
  expect(ended.stdout).toBe(`${file}\n`);
  expect(readFileSync(join(small.home, file))).toEqual(png);
});
