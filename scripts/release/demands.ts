import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { releasesOf } from '../build/release.ts';
import { type Section, sectionOf } from './notes.ts';

/** What a release depends on, as it is now. */
export interface Facts {
  version: string;
  /** The version that package-lock.json has. */
  locked: string;
  /** The address of the releases, if package.json names a repository. */
  releases?: string;
  section?: Section;
  /** Files that are changed or new, as git has them. */
  changed: string[];
  /** The tags of the commit. */
  tags: string[];
}

/** Reads what a release of the clone at `root` depends on. */
export function factsOf(root: string): Facts {
  const read = (name: string) => readFileSync(join(root, name), 'utf8');
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
  const { version } = JSON.parse(read('package.json'));
  const releases = releasesOf(read('package.json'));
  const section = sectionOf(read('CHANGELOG.md'), version);
  return {
    version,
    locked: JSON.parse(read('package-lock.json')).version,
    ...(releases ? { releases } : {}),
    ...(section ? { section } : {}),
    changed: git('status', '--porcelain').map((row) => row.slice(3)),
    tags: git('tag', '--points-at', 'HEAD'),
  };
}

/** What has to be done before a release, a sentence each; nothing when it can go ahead. */
export function unmet(facts: Facts): string[] {
  const { version, changed, releases } = facts;
  const problems = [...misnamed(facts)];
  if (changed.length > 0)
    problems.push(`These files are changed or new: ${changed.join(', ')}. Commit or remove them.`);
  if (!releases)
    problems.push('package.json names no "repository", so install.sh would not know where to download from.');
  if (!facts.section) problems.push(`CHANGELOG.md has no heading “## [${version}] - DATE”.`);
  else if (!/^\d{4}-\d{2}-\d{2}$/.test(facts.section.date))
    problems.push(`CHANGELOG.md says “${facts.section.date}” for ${version}: write the date, as 2026-01-31.`);
  else if (!facts.section.text) problems.push(`CHANGELOG.md says nothing of ${version}.`);
  return problems;
}

/** Every place has to tell the same version. */
function misnamed({ version, locked, tags }: Facts): string[] {
  const problems: string[] = [];
  const tag = `v${version}`;
  if (locked !== version) problems.push(`package-lock.json is of ${locked}, package.json of ${version}: npm install.`);
  if (tags.includes(tag)) return problems;
  const other = tags.find((name) => /^v\d/.test(name));
  const so = other ? `is tagged ${other}, but package.json is of ${version}` : `has no tag ${tag}`;
  return [...problems, `This commit ${so}: git tag ${tag}.`];
}
