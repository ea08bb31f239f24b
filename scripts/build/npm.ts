import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sqlite } from './bundle.ts';
import type { Ingredients } from './program.ts';
import { dist, root } from './targets.ts';

const manifest = () =>
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string; engines: { node: string } };

export const version = (): string => manifest().version;

/** The systems that an npm package serves; Alpine has a C library of its own. */
const systems = ['linux', 'linuxmusl', 'darwin'].flatMap((system) => [`${system}-x64`, `${system}-arm64`]);

/** The first lines of the program: an older Node.js is told so, instead of failing at something that it does not know. */
function head(): string {
  const [, major = '', minor = ''] = /^>=(\d+)\.(\d+)$/.exec(manifest().engines.node) ?? [];
  return `#!/usr/bin/env node
var at = process.versions.node.split('.').map(Number);
if (at[0] < ${major} || (at[0] === ${major} && at[1] < ${minor})) {
  console.error('error: oscar-sandbox needs Node.js ${major}.${minor} or newer; this is ' + process.versions.node + '.');
  process.exit(2);
}
`;
}

/** Makes the folder that `npm pack` packs: the same program, for the Node.js that the user has. */
export function makeNpmFolder({ code, files }: Ingredients, licences: string): void {
  const folder = join(dist, 'npm');
  rmSync(folder, { recursive: true, force: true });
  const all = new Map<string, Buffer | string>([
    ...files,
    ...systems.map((system) => [`sqlite/${system}.node`, sqlite(system)] as const),
    ['THIRD-PARTY-LICENSES.txt', licences],
    ['bin/oscar-sandbox.cjs', Buffer.concat([Buffer.from(head()), code])],
  ]);
  for (const [name, bytes] of all) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), bytes, { mode: name.startsWith('bin/') ? 0o755 : 0o644 });
  }
}

/** Packs it into a folder; answers the file's name. */
export function packNpm(into: string): string {
  const told = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', into], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [{ filename }] = JSON.parse(told) as [{ filename: string }];
  return filename;
}
