import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = join(import.meta.dirname, '../../scripts/start.ts');
const ports = ['--port', '0', '--s3-port', '0', '--exposed-port', '0'];

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sandbox-start-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const env = () => ({ PATH: process.env.PATH, HOME: home, TMPDIR: home });
const start = (...args: string[]) =>
  spawnSync(process.execPath, [script, ...args], { env: env(), encoding: 'utf8', timeout: 90_000 });

describe('npm start without a terminal', () => {
  it('shows a job and a call, says how to reach the sandbox, and ends with 0 leaving nothing behind', () => {
    const { stdout, stderr, status } = start(...ports);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect([...stdout.matchAll(/^ (\d) +[\d.]+ s {2}(\w+)/gm)].map(([, step, word]) => `${step} ${word}`)).toEqual([
      '1 Copied',
      '2 Started',
      '3 The',
      '4 Put',
      '5 That',
      '6 Its',
      '7 Called',
    ]);
    expect(stdout).toMatch(/│ README\.md: \d+ different words/);
    expect(stdout).toContain('{"count": 8, "sum": 31,');
    expect(stdout).toMatch(/\n {2}oscar-cli cluster add sandbox http:\/\/127\.0\.0\.1:\d+ oscar \S+ --disable-ssl\n/);
    expect(readdirSync(home)).toEqual([]);
  });

  it('keeps the data where it was told to', () => {
    const data = join(home, 'data');
    expect(start(...ports, '--data-dir', data).status).toBe(0);
    expect(readdirSync(data)).toEqual(expect.arrayContaining(['state.db', 'templates']));
    const echo = join(data, 'templates/echo');
    expect(readFileSync(join(echo, 'echo.yaml'), 'utf8')).toContain('$schema=fdl.schema.json\n');
    expect(JSON.parse(readFileSync(join(echo, 'fdl.schema.json'), 'utf8'))).toHaveProperty('$schema');
    const again = start(...ports, '--data-dir', data);
    expect([again.stderr, again.status]).toEqual(['', 0]);
  });

  const refused: [args: string[], stderr: string][] = [
    [['--executor', 'kind', '--parts', '/nowhere', '--no-fallback', ...ports], 'error: '],
    [['--prot', '1'], "error: Unknown option '--prot'.\nhint: Did you mean --port?\n"],
  ];
  it.each(refused)('%j is refused with the reason', (args, stderr) => {
    const ended = start(...args);
    expect(ended.stderr).toContain(stderr);
    expect(ended.status).toBe(1);
  });
});

const hasScript = spawnSync('script', ['--version']).status === 0;

it.skipIf(!hasScript)('npm start on a terminal goes on until Ctrl-C, and ends with 0', async () => {
  const command = ['exec', process.execPath, script, ...ports].join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null'], { env: env(), stdio: ['pipe', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const waited = said.includes('Ctrl-C stops it.');
    said += text;
    // What the terminal sends for Ctrl-C.
    if (!waited && said.includes('Ctrl-C stops it.')) child.stdin.write('\x03');
  });
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  expect(said).toContain('Stopped.');
});
