import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Target } from '../build/targets.ts';

type Name = Target['name'];

/** How a program for each system begins, and where the number of its processor stands. */
const heads: Record<Name, { magic: string; at: number; machine: string }> = {
  'linux-x64': { magic: '7f454c46', at: 18, machine: '3e00' },
  'linux-arm64': { magic: '7f454c46', at: 18, machine: 'b700' },
  'darwin-x64': { magic: 'cffaedfe', at: 4, machine: '07000001' },
  'darwin-arm64': { magic: 'cffaedfe', at: 4, machine: '0c000001' },
};

const programName = (target: Name): string => `oscar-sandbox-${target}`;
export const packageName = (version: string): string => `oscar-sandbox-${version}.tgz`;

/** What a release folder should be. */
export interface Release {
  version: string;
  /** The address that install.sh has to know; without one it asks for it. */
  releases?: string;
  /** What there has to be a program for. */
  targets: readonly Name[];
}

/** What is released, by name, but for SHA256SUMS. */
export const releasedNames = ({ version, targets }: Release): string[] =>
  [
    ...targets.map(programName).flatMap((name) => [name, `${name}.gz`]),
    ...[packageName(version), 'install.sh', 'LICENSE', 'THIRD-PARTY-LICENSES.txt'],
  ].sort();

/** What is wrong with a release folder, a sentence each. */
export async function faults(folder: string, release: Release): Promise<string[]> {
  const expected = [...releasedNames(release), 'SHA256SUMS'];
  const present = await readdir(folder);
  const missing = expected.filter((name) => !present.includes(name));
  const surplus = present.filter((name) => !expected.includes(name));
  const problems = [
    ...missing.map((name) => `${name} is missing.`),
    ...surplus.map((name) => `${name} does not belong to a release.`),
  ];
  // Whatever else could be said would follow from that.
  if (problems.length > 0) return problems;
  const found = [await sumFaults(folder, releasedNames(release)), await scriptFaults(folder, release)];
  for (const name of release.targets) found.push(await programFaults(folder, name));
  return found.flat();
}

async function sumFaults(folder: string, names: string[]): Promise<string[]> {
  const told = new Map<string, string>();
  const problems: string[] = [];
  for (const row of (await readFile(join(folder, 'SHA256SUMS'), 'utf8')).split('\n').filter(Boolean)) {
    const [, sum, name] = /^([0-9a-f]{64}) {2}(\S+)$/.exec(row) ?? [];
    if (!sum || !name) problems.push(`SHA256SUMS has a line that sha256sum does not read: ${row}`);
    else if (told.has(name)) problems.push(`SHA256SUMS has ${name} twice.`);
    else told.set(name, sum);
  }
  for (const name of names) {
    const sum = told.get(name);
    if (!sum) problems.push(`SHA256SUMS does not have ${name}.`);
    else if (sum !== (await sha256(join(folder, name)))) problems.push(`${name} is not what SHA256SUMS says.`);
    told.delete(name);
  }
  return [...problems, ...[...told.keys()].map((name) => `SHA256SUMS has ${name}, which is not there.`)];
}

async function programFaults(folder: string, target: Name): Promise<string[]> {
  const name = programName(target);
  const file = join(folder, name);
  const problems: string[] = [];
  const { magic, at, machine } = heads[target];
  const head = await firstBytes(file);
  if (!head.startsWith(magic) || !head.startsWith(machine, at * 2))
    problems.push(`${name} is no program for ${target}.`);
  if (((await stat(file)).mode & 0o777) !== 0o755) problems.push(`${name} has not the mode 0755.`);
  const unpacked = await sha256(`${file}.gz`, createGunzip()).catch((error: Error) => error.message);
  if (unpacked !== (await sha256(file))) problems.push(`${name}.gz does not unpack to ${name}.`);
  return problems;
}

/** Without a repository the script has to ask for an address, and must not have any. */
async function scriptFaults(folder: string, { releases = '' }: Release): Promise<string[]> {
  const address = /^releases='([^']*)'$/m.exec(await readFile(join(folder, 'install.sh'), 'utf8'))?.[1];
  if (address === releases) return [];
  return [`install.sh downloads from “${address ?? 'no line releases='}” instead of “${releases}”.`];
}

async function firstBytes(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(20) });
    return buffer.toString('hex', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

async function sha256(file: string, through?: NodeJS.ReadWriteStream): Promise<string> {
  const hash = createHash('sha256');
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done();
    },
  });
  await (through ? pipeline(createReadStream(file), through, sink) : pipeline(createReadStream(file), sink));
  return hash.digest('hex');
}
