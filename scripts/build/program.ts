import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { nodeOf } from './bases.ts';
import { sqlite } from './bundle.ts';
import type { Order } from './pack.ts';
import { withoutSymbols } from './symbols.ts';
import { host, root, type Target, writerFor } from './targets.ts';

export interface Ingredients {
  code: Buffer;
  /** What comes with the program, by name: `templates/echo/echo.sh`. */
  files: ReadonlyMap<string, Buffer>;
}

/**
 * Makes the one executable for a target: its Node.js, the bundle, and the files that come with it. The same bytes each
 * time, but for this machine's own target, which gets a code cache.
 */
export function makeProgram(target: Target, { code, files }: Ingredients, output: string): void {
  const work = mkdtempSync(join(tmpdir(), 'oscar-sandbox-build-'));
  try {
    const main = write(join(work, 'oscar-sandbox.cjs'), code);
    const all = new Map([...files, [`sqlite/${target.name}.node`, sqlite(target.name)] as const]);
    const assets = Object.fromEntries(
      [...all].map(([name, bytes]) => [name, write(join(work, 'assets', name), bytes)] as const),
    );
    const part = `${output}.part`;
    seed(target, join(work, 'home'));
    const { platform, cpu, base } = target;
    pack(target, join(work, 'home'), {
      main,
      assets,
      platform,
      cpu,
      version: base.version,
      codeCache: target === host,
      output: part,
    });
    chmodSync(part, 0o755);
    renameSync(part, output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function write(file: string, bytes: Buffer): string {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, bytes, { mode: 0o755 });
  return file;
}

/** Puts the target's Node.js where the packager keeps those that it has fetched. */
function seed({ name, platform, base }: Target, home: string): void {
  const folder = join(home, '.pkg-cache/sea', `node-v${base.version}-${name}`);
  const node = readFileSync(nodeOf(base));
  // Symbols are a seventh of the file. They go now: once something was put into it, taking them out would break it.
  write(join(folder, 'bin/node'), platform === 'linux' ? withoutSymbols(node) : node);
  for (const file of [join(folder, 'bin/node.ok'), `${folder}.tar.gz`, `${folder}.tar.gz.ok`]) writeFileSync(file, '');
}

function pack(target: Target, home: string, order: Order): void {
  const node = nodeOf(writerFor(target));
  try {
    execFileSync(node, [join(import.meta.dirname, 'pack.ts'), JSON.stringify(order)], {
      cwd: root,
      env: { ...process.env, HOME: home, TMPDIR: dirname(order.main) },
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`The program for ${target.name} was not made:\n${stdout}${stderr}`, { cause: error });
  }
}
