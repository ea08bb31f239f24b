import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Base, dist, root } from './targets.ts';

/** The folder of the Node.js of a package, with `bin/node` and `LICENSE`; fetched once, and checked. */
export function fetchBase(base: Base): string {
  const installed = join(root, 'node_modules', base.name);
  if (versionOf(installed) === base.version) return installed;
  const folder = join(dist, 'build/node', `${base.name}-${base.version}`);
  if (!existsSync(folder)) fetch(base, folder);
  return folder;
}

/** The executable of a Node.js that was fetched; what has become of it since is no longer taken for it. */
export function nodeOf(base: Base): string {
  const folder = fetchBase(base);
  const [node, seen] = [join(folder, 'bin/node'), join(folder, 'sha256')];
  if (!existsSync(seen) || readFileSync(seen, 'utf8') === digest(node)) return node;
  throw new Error(`${node} was changed after it was fetched: remove ${folder}.`);
}

const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

function versionOf(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined;
}

function fetch({ name, version, integrity }: Base, folder: string): void {
  mkdirSync(join(folder, '..'), { recursive: true });
  const part = mkdtempSync(`${folder}.`);
  try {
    // `npm pack` does not mind that the package is for another system.
    const told = execFileSync('npm', ['pack', `${name}@${version}`, '--json', '--silent', '--pack-destination', part], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [{ filename }] = JSON.parse(told) as [{ filename: string }];
    const archive = join(part, filename);
    const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (found !== integrity)
      throw new Error(`${name}@${version} is not what it was: ${found} instead of ${integrity}.`);
    const wanted = ['bin/node', 'LICENSE', 'package.json'].map((file) => `package/${file}`);
    execFileSync('tar', ['-xzf', archive, '-C', part, '--strip-components=1', ...wanted]);
    rmSync(archive);
    writeFileSync(join(part, 'sha256'), digest(join(part, 'bin/node')));
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}
