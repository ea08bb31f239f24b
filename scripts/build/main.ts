import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { shippedFile, shippedFiles } from '../../src/shipped.ts';
import { takeLock } from '../../src/store/database.ts';
import { gzip } from './archive.ts';
import { fetchBase } from './bases.ts';
import { bundle, sqlite } from './bundle.ts';
import { demandFloor } from './floor.ts';
import { thirdParty } from './licences.ts';
import { sign } from './macho/sign.ts';
import { verify } from './macho/verify.ts';
import { makeNpmFolder } from './npm.ts';
import { type Ingredients, makeProgram } from './program.ts';
import { layOut, releaseFolder, sums } from './release.ts';
import { dist, host, root, type Target, targets } from './targets.ts';

// `npm run build`: dist/release/ with the program for this machine; with --all, for every target. What is there already and
// still holds is not made again.

const placeOf = ({ name }: Target) => {
  const folder = join(dist, 'build', name);
  const program = join(folder, `oscar-sandbox-${name}`);
  return { folder, program, archive: `${program}.gz`, stamp: join(folder, 'stamp') };
};

/** Was it made of the very same things before, and is it what it was then? */
function isMade(target: Target, ingredients: Ingredients): boolean {
  const { stamp } = placeOf(target);
  if (!existsSync(stamp)) return false;
  const [from, ...made] = readFileSync(stamp, 'utf8').split('\n');
  return from === stampOf(target, ingredients) && made.join('\n') === madeOf(target);
}

const madeOf = (target: Target): string => {
  const { folder, program, archive } = placeOf(target);
  return [program, archive].every((file) => existsSync(file))
    ? sums(
        folder,
        [program, archive].map((file) => basename(file)),
      )
    : '';
};

/** Makes the program and its archive. */
async function make(target: Target, ingredients: Ingredients): Promise<void> {
  const { folder, program, stamp } = placeOf(target);
  const began = performance.now();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  makeProgram(target, ingredients, program);
  if (target.platform === 'darwin') signAndVerify(program);
  else demandFloor(program, target.cpu);
  await gzip(program);
  writeFileSync(stamp, `${stampOf(target, ingredients)}\n${madeOf(target)}`);
  console.log(`${target.name}: Node.js ${target.base.version}, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

function signAndVerify(program: string): void {
  sign(program, 'oscar-sandbox');
  const findings = verify(program);
  if (findings.length > 0) throw new Error(`${program} would not start on a Mac:\n${findings.join('\n')}`);
}

/** What goes into a program, and how, as one hash. */
function stampOf(target: Target, { code, files }: Ingredients): string {
  const hash = createHash('sha256').update(code).update(sqlite(target.name)).update(JSON.stringify(target));
  for (const [name, bytes] of files) hash.update(`\n${name}\n`).update(bytes);
  const scripts = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).sort();
  for (const script of scripts.filter((name) => name.endsWith('.ts'))) {
    hash.update(readFileSync(join(import.meta.dirname, script)));
  }
  return hash.digest('hex');
}

function chosen(all: boolean): readonly Target[] {
  if (all) return targets;
  if (host) return [host];
  throw new Error(`There is no program for ${process.platform}-${process.arch}.`);
}

/** One build at a time in a clone. */
async function alone(): Promise<() => void> {
  mkdirSync(dist, { recursive: true });
  for (;;) {
    const release = takeLock(join(dist, 'lock'));
    if (release) return release;
    await pause(100);
  }
}

async function build(wanted: readonly Target[]): Promise<void> {
  const { code, inputs } = await bundle();
  const files = new Map(shippedFiles('templates').map((name) => [name, shippedFile(name)]));
  const ingredients = { code, files };
  // A program of an earlier build stays in the release, as long as it is what this one would make.
  const released = targets.filter((target) => wanted.includes(target) || isMade(target, ingredients));
  const nodes = [...new Set(released.map(({ base }) => fetchBase(base)))];
  const licences = thirdParty(inputs, root, nodes);
  // The npm package has no Node.js in it.
  makeNpmFolder(ingredients, thirdParty(inputs, root, []));
  for (const target of released) if (!isMade(target, ingredients)) await make(target, ingredients);
  layOut(
    released.map(placeOf).flatMap(({ program, archive }) => [program, archive]),
    licences,
  );
  console.log(`The release is in ${releaseFolder}`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
  const wanted = chosen(values.all);
  const release = await alone();
  try {
    await build(wanted);
  } finally {
    release();
  }
}

await main().catch((error: Error) => {
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
});
