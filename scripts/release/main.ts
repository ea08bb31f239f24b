import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { releaseFolder as folder } from '../build/release.ts';
import { dist, host, root, type Target, targets } from '../build/targets.ts';
import { type Facts, factsOf, unmet } from './demands.ts';
import { faults, packageName, releasedNames } from './folder.ts';
import { notesOf } from './notes.ts';
import { packageProblems, programProblems } from './programs.ts';

// `npm run release`: checks, builds and verifies what a release consists of; it publishes nothing.

const notes = join(dist, 'release-notes.md');
const usage = `Usage: npm run release -- [--check] [--host] [--built]

  --check  Before a release: neither a tag nor a clean tree, a date or an address is asked for.
  --host   With --check: only the program for this machine.
  --built  Takes dist/release as it is, instead of checking the sources and building it.
`;

/** Fails with everything that is in the way. */
function demand(problems: string[]): void {
  if (problems.length > 0) throw new Error(problems.join('\nerror: '));
}

function npm(...args: string[]): void {
  console.log(`\n== npm ${args.join(' ')}`);
  const { status, error } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}.`);
}

async function verify({ version, releases }: Facts, targets: readonly Target[]): Promise<void> {
  console.log(`\n== Verifying ${folder}`);
  if (!existsSync(folder)) throw new Error(`${folder} is not there: leave --built away.`);
  const release = { version, targets: targets.map(({ name }) => name), ...(releases ? { releases } : {}) };
  demand(await faults(folder, release));
  if (host) demand(await programProblems(join(folder, `oscar-sandbox-${host.name}`), version));
  demand(await packageProblems(join(folder, packageName(version)), version));
  console.log(`${releasedNames(release).length} files are what SHA256SUMS says; the archives unpack to the programs.`);
  console.log(
    `The ${host ? `program for ${host.name} and the ` : ''}npm package start${host ? '' : 's'} as ${version}.`,
  );
}

function writeNotes({ section, version, releases }: Facts): void {
  if (!section) return;
  writeFileSync(notes, notesOf(section, `v${version}`, releases));
  console.log(`Its notes are in ${notes}.`);
}

const next = (version: string): string => `
Nothing is published yet. Push the tag, and .github/workflows/release.yml builds, tries and publishes the same:
  git push origin v${version}
or publish what is here:
  gh release create v${version} --verify-tag --title v${version} --notes-file dist/release-notes.md dist/release/*
and the npm package:
  npm publish dist/release/${packageName(version)}
`;

async function main(): Promise<void> {
  const boolean = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ options: { check: boolean, host: boolean, built: boolean, help: boolean } });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  if (values.host && !values.check) throw new Error('A release has every program: --host goes with --check.');
  const facts = factsOf(root);
  if (!values.check) demand(unmet(facts));
  if (!values.built) {
    npm('run', '--silent', 'check');
    // Of what lies there from earlier builds, nothing goes into a release.
    if (!values.check) rmSync(join(dist, 'build'), { recursive: true, force: true });
    npm('run', '--silent', 'build', ...(values.host ? [] : ['--', '--all']));
  }
  await verify(facts, values.host && host ? [host] : targets);
  writeNotes(facts);
  const left = unmet(facts);
  console.log(left.length > 0 ? `\nBefore it can be released:\n  ${left.join('\n  ')}` : next(facts.version));
}

try {
  await main();
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
