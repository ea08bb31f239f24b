import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { objectBurst } from './burst.ts';
import { declare, warmCall } from './calls.ts';
import { kindMissing } from './clusters.ts';
import { coldContainer, containerJobs, warmContainer } from './containers.ts';
import { engineMissing } from './engine.ts';
import { type Result, tell } from './figures.ts';
import { installation } from './installation.ts';
import { cluster } from './kind.ts';
import { machine } from './machine.ts';
import { reload } from './reload.ts';
import { closeConnections } from './request.ts';
import { idle, startUp, versionOnly } from './start.ts';
import { uploads } from './uploads.ts';

const root = join(import.meta.dirname, '../..');
/** Measured in containers, so only where there is an engine. */
const onEngine = { 'docker-call': warmContainer, 'docker-cold': coldContainer, 'docker-jobs': containerJobs };
const own = {
  reload,
  call: warmCall,
  uploads,
  declare,
  burst: objectBurst,
  start: startUp,
  version: versionOnly,
  idle,
};
/** The one that needs the parts of a cluster as well. */
const onKind = { kind: cluster };
const measures = { ...own, installation, ...onEngine, ...onKind };
type Measure = keyof typeof measures;

function chosen(only: string | undefined): Measure[] {
  const all = Object.keys(measures) as Measure[];
  const names = only?.split(',') ?? all;
  const unknown = names.filter((name) => !all.includes(name as Measure));
  if (unknown.length > 0) throw new Error(`There is no measure ${unknown.join(', ')}; there are ${all.join(', ')}.`);
  return names as Measure[];
}

function save(report: Record<string, unknown>, date: string): string {
  const folder = join(root, 'docs/bench');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${date.slice(0, 10)}.json`);
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  return file;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } });
  const names = chosen(values.only);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const report = { version, date: new Date().toISOString(), quick: values.quick, machine: machine() };
  console.log(
    Object.entries(report.machine)
      .map(([key, value]) => `${key}: ${value}`)
      .join('\n'),
  );
  const results: Result[] = [];
  const [withoutEngine, withoutKind] = [engineMissing(), kindMissing()];
  for (const name of names) {
    const missing =
      (name in own || name === 'installation' ? undefined : withoutEngine) ??
      (name in onKind ? withoutKind : undefined);
    if (missing) {
      console.log(`\n${name} is left out: ${missing}.`);
      continue;
    }
    for (const one of await measures[name](values.quick)) {
      results.push(one);
      console.log(`\n${tell(one)}`);
    }
  }
  closeConnections();
  // A part of the measures is for the one who measures; a report is whole.
  if (!values.only) console.log(`\nWritten to ${save({ ...report, results }, report.date)}`);
}

await main();
