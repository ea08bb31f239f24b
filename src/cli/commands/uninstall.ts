import { realpath } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { cacheFolders, engineEnvironment, loadSettings, standardDataDir } from '../../config.ts';
import { places } from '../../daemon/files.ts';
import { recallOptions } from '../../daemon/remembered.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Context, Run } from '../command.ts';
import { type Data, findData, nounsOf, type Removed, removeData, wording } from '../data.ts';
import { fileFlags } from '../flags.ts';
import { agreed } from '../question.ts';
import { type Receipt, readReceipt } from '../receipt.ts';
import { removeCache, removeDrafts, removeEmpty, removeFile } from '../removal.ts';
import { servedBy } from '../serving.ts';

/** Removes the sandbox with all of its data, and the program itself, after asking. */
export const uninstall: Run = async (context) => {
  const { settings, around, out, program } = context;
  const receipt = await readReceipt(around);
  const dataDirs = settings.isSet('data-dir') ? [settings.dataDir] : [...new Set([settings.dataDir, ...receipt.data])];
  await demandLast(context, receipt, dataDirs);
  const all = await Promise.all(dataDirs.map(findData));
  const { programs, stays } = await programsOf(context, receipt);
  const question = [...all.map(wording), 'its cache', ...programs].join(', and ');
  if (!settings.on('yes') && !(await agreed(question))) {
    out.note('Nothing was removed.');
    return 1;
  }
  const done: Done[] = [];
  for (const data of all) done.push(await removeOne(context, data));
  const made = settings.isSet('data-dir') ? [] : dataDirs;
  const rest = await removeProgram({ receipt, programs, made });
  for (const { removed } of done) for (const why of removed.stays) out.warn(why);
  out.value({ ...summed(done), dataDir: settings.dataDir, ...rest }, () => {
    const nouns = [...done.flatMap(nounsOfOne), ...rest.programs];
    return nouns.length > 0 ? `Removed ${nouns.join(', ')}.` : `There is nothing of a sandbox in ${settings.dataDir}.`;
  });
  for (const path of stays) out.note(`${path} stays: no installer put it there, and it is not called oscar-sandbox.`);
  if (program.length > 1) out.note(whatStays(program));
  return 0;
};

/** What was removed of one data folder, and its cache. */
interface Done {
  dataDir: string;
  removed: Removed;
  cache: string[];
}

async function removeOne({ settings, around }: Context, data: Data): Promise<Done> {
  const { dataDir } = data;
  const used = (await recallOptions(dataDir))?.cacheFolders;
  const caches = [cacheFolders(settings, around), ...(used ? [used] : [])];
  const options = { engineEnvironment: engineEnvironment(around), cacheFolders: caches.flat() };
  const removed = await removeData(data, options);
  demandAll(removed, dataDir);
  const gone: string[] = [];
  for (const folders of caches) gone.push(...(await removeCache(folders)));
  return { dataDir, removed, cache: [...new Set(gone)] };
}

const nounsOfOne = ({ dataDir, removed, cache }: Done): string[] => [
  ...nounsOf(removed, dataDir),
  ...cache.map((folder) => `the cache in ${folder}`),
];

function summed(done: Done[]) {
  const sum = (noun: 'containers' | 'networks' | 'volumes' | 'clusters' | 'clusterObjects') =>
    done.reduce((count, one) => count + one.removed[noun], 0);
  return {
    removed: done.flatMap(({ removed }) => removed.names),
    containers: sum('containers'),
    networks: sum('networks'),
    volumes: sum('volumes'),
    clusters: sum('clusters'),
    clusterObjects: sum('clusterObjects'),
    cache: done.flatMap(({ cache }) => cache),
  };
}

/** Without the program, nobody would find the sandboxes any more that lie elsewhere. */
async function demandLast({ around, program }: Context, receipt: Receipt, dataDirs: string[]): Promise<void> {
  const usual = await loadSettings({ flags: [], given: {}, inFile: fileFlags, around });
  const own = await Promise.all(dataDirs.map(fileBehind));
  for (const other of new Set([usual.dataDir, standardDataDir(around), ...receipt.data])) {
    if (own.includes(await fileBehind(other))) continue;
    const { names, running } = await findData(other);
    if (names.length > 0 || running) throw needed(other, running !== undefined);
  }
  // What runs from elsewhere does not go with this.
  const served = program.length === 1 ? await servedBy(program) : [];
  for (const { dataDir } of served) if (!own.includes(await fileBehind(dataDir))) throw needed(dataDir, true);
}

const needed = (dataDir: string, runs: boolean) =>
  new SandboxError('conflict', `The program is needed: a sandbox ${runs ? 'runs on' : 'has its data in'} ${dataDir}.`, {
    hint: `Remove that first: oscar-sandbox clean --data-dir ${dataDir}. \`clean\` removes the data without the program.`,
  });

/** The installed programs, and the one that runs, should that be an executable of its own somewhere else. */
async function programsOf(
  { program }: Context,
  { programs }: Receipt,
): Promise<{ programs: string[]; stays: string[] }> {
  const [executable, ...words] = program;
  if (words.length > 0) return { programs, stays: [] };
  const installed = await Promise.all(programs.map(fileBehind));
  // What an installed link leads to is not the installer's.
  if (installed.includes(await fileBehind(executable))) return { programs, stays: [] };
  // One of a release that lies somewhere is not an installed one.
  return basename(executable) === 'oscar-sandbox'
    ? { programs: [...programs, executable], stays: [] }
    : { programs, stays: [executable] };
}

const fileBehind = (path: string): Promise<string> => realpath(path).catch(() => path);

interface Rest {
  receipt: Receipt;
  programs: string[];
  /** Folders of ours that no installer has on record. */
  made: string[];
}

/** The program goes nearly last: until then, a run that was cut short is finished by the next one. */
async function removeProgram({ receipt, programs, made }: Rest): Promise<{ programs: string[]; folders: string[] }> {
  for (const folder of new Set(receipt.programs.map((path) => dirname(path)))) await removeDrafts(folder);
  const all = [...receipt.folders, ...made];
  const before = await removeEmpty(all);
  const gone: string[] = [];
  for (const path of programs) if (await removeFile(path)) gone.push(path);
  await removeFile(receipt.file);
  return { programs: gone, folders: [...before, ...(await removeEmpty(all))] };
}

/** Without the program nothing would find any more what stays on the engine. */
function demandAll({ unreached, left }: Removed, dataDir: string): void {
  if (unreached === undefined && left.length === 0) return;
  const why =
    unreached === undefined
      ? `Something of it stays: ${left.join(' ')}`
      : `What is left of it on the container engine at ${unreached} stays: the engine does not answer.`;
  throw new SandboxError('unavailable', `${why} So does the program, to remove it later.`, {
    hint: `See to the engine and run uninstall once more; if it is gone for good, delete ${places(dataDir).id} before.`,
  });
}

function whatStays(program: Context['program']): string {
  const file = program.at(-1) ?? '';
  return file.includes('/node_modules/')
    ? 'The program came with npm: `npm uninstall oscar-sandbox` removes it, with -g if it was installed so.'
    : `The program runs from its sources: ${file} and what is beside it stay.`;
}
