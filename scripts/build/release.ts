import { createHash } from 'node:crypto';
import {
  constants,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { packNpm } from './npm.ts';
import { dist, root } from './targets.ts';

/** The folder that users download from, all files flat. */
export const releaseFolder = join(dist, 'release');

/** Lays out the release folder anew, with these programs and their archives; the old one stays until this is whole. */
export function layOut(programs: string[], licences: string): void {
  const folder = `${releaseFolder}.new`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of programs) copyFileSync(file, join(folder, basename(file)), constants.COPYFILE_FICLONE);
  packNpm(folder);
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licences);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(join(folder, 'install.sh'), installer(), { mode: 0o755 });
  writeFileSync(join(folder, 'SHA256SUMS'), sums(folder));
  rmSync(releaseFolder, { recursive: true, force: true });
  renameSync(folder, releaseFolder);
}

/** The sums of files in a folder, of all unless told, in the format of `sha256sum -c`. */
export const sums = (folder: string, names: string[] = readdirSync(folder)): string =>
  [...names]
    .sort()
    .map((name) => `${sha256(join(folder, name))}  ${name}\n`)
    .join('');

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

const address = "releases=''\n";

/** The installer, which is told here where releases are: that is known once there is a repository. */
function installer(): string {
  const text = readFileSync(join(root, 'install.sh'), 'utf8');
  if (text.split(address).length !== 2) throw new Error(`install.sh must have one line ${address.trim()}`);
  return text.replace(address, `releases='${releasesOf(readFileSync(join(root, 'package.json'), 'utf8'))}'\n`);
}

/** Where the releases of a package's repository are; nothing when its manifest names none. */
export function releasesOf(manifest: string): string {
  const { repository } = JSON.parse(manifest) as { repository?: string | { url: string } };
  if (!repository) return '';
  const written = typeof repository === 'string' ? repository : repository.url;
  const url = written
    .replace(/^github:/, 'https://github.com/')
    .replace(/^git\+/, '')
    .replace(/\.git$/, '');
  if (!/^https:\/\/[\w.-]+(\/[\w.-]+)+$/.test(url)) {
    throw new Error(`package.json: the repository ${written} is no https address of a page with releases.`);
  }
  return `${url}/releases`;
}
