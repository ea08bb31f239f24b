import { realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Log } from '../../log.ts';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import type { Answer, Task } from '../../model/task.ts';
import type { Buckets } from '../../objects/buckets.ts';
import type { OpenElsewhere } from '../../objects/elsewhere.ts';
import { writeArchive } from './archive.ts';
import type { Access } from './bay.ts';
import { findFiles, type OutputFile } from './files.ts';
import { createTaskFolders, type TaskFolder } from './folder.ts';
import { type Opened, openOutput } from './output.ts';
import { createPrinted, type Printed } from './printed.ts';
import { createReport, type Report } from './report.ts';
import { shellVariables } from './shellvariables.ts';
import { type StagedIn, stageIn } from './stagein.ts';
import { planUploads, storeAll } from './stageout.ts';
import { storesOf } from './stores.ts';
import { taskVariables } from './variables.ts';

export interface WorkspaceOptions {
  buckets: Buckets;
  elsewhere: OpenElsewhere;
  /** Where the tasks' folders are, on this machine. */
  folder: string;
  /** Who may enter the folder of a task of this service. */
  access(service: Service): Access;
  /** A path of this machine as scripts see it. */
  inside(path: string): string;
  /** Whether a link in the output folder may lead anywhere on this machine. */
  links: 'anywhere' | 'inside';
  /** Hears what of a task could not be removed. */
  log: Log;
}

/** What came of a task's output folder. */
export interface StagedOut {
  answer: Answer;
  /** `bucket/key` */
  outputs: string[];
  /** Why not everything is where it should be; a sentence each. */
  failures: string[];
}

/** One task between its event and its answer. */
export interface Staging {
  /** The folder that the agent is told, as the place sees it. */
  folder: string;
  /** The same on this machine. */
  root: string;
  /** What of the staging must be known to finish the task in another run of the program. */
  known: Pick<StagedIn, 'isCall' | 'bucket'>;
  /** There is nothing to run: the event is about no file. */
  idle: boolean;
  report: Report;
  onOutput(chunk: Buffer): void;
  /** Tells of an output file that is left out. */
  onSkip(name: string, why: string): void;
  /** Stores the output files and makes the answer. */
  stageOut(exitCode: number): Promise<StagedOut>;
  /** The answer of a task that was cut short: what it had printed. */
  abandon(): Answer;
  /** Done when it is released, before its files go. */
  onRelease(work: () => Promise<void>): void;
  /** Never rejects. */
  release(): Promise<void>;
}

/** A task that was staged by a run of the program before this one. */
export type LeftTask = Pick<Staging, 'folder' | 'known'>;

/** Event in, objects and answer out: what OSCAR's supervisor does in the container, done from outside. */
export interface Workspace {
  /** Clears what a run of the program before this one left; before anything else. */
  sweep(): Promise<void>;
  /** Throws a SandboxError when the input cannot be had. */
  stageIn(task: Task, onLine: (line: string) => void): Promise<Staging>;
  /** Takes up a task that went on while this program was away; whoever runs it brings its folder. */
  adopt(task: Task, left: LeftTask, onLine: (line: string) => void): Staging;
  /** Keeps nothing for this service any more. */
  forget(service: string): Promise<void>;
  /** Leaves no task's folder behind; those of tasks that still run go when they are released. */
  close(): Promise<void>;
}

interface Parts {
  task: Task;
  files: TaskFolder;
  report: Report;
  printed: Printed;
  staged: StagedIn;
  /** What is done in the end. */
  after: (() => Promise<void> | void)[];
}

function equip({ task, files, report, staged }: Parts, inside: WorkspaceOptions['inside']): void {
  const variables = taskVariables(task, {
    staged: {
      ...staged.variables,
      TMP_INPUT_DIR: inside(files.input),
      TMP_OUTPUT_DIR: inside(files.output),
      INPUT_FILE_PATH: staged.file && inside(staged.file),
    },
    host: hostname(),
    body: staged.body,
  });
  const { text, leftOut } = shellVariables(variables);
  for (const sentence of leftOut) report.warning(sentence);
  files.equip(task.service.definition.script, text);
}

const skip = (report: Report, name: string, why: string): void => report.warning(`${name} is left out: ${why}`);

/** What came of the script's files: those that were found, and how one is read that is still what was found. */
interface Left {
  found: OutputFile[];
  open(file: OutputFile): Opened;
}

async function answerOf({ files, printed, staged, after }: Parts, left: Left, failed: boolean): Promise<Answer> {
  const content = printed.finish();
  const { found, open } = left;
  const [first, ...more] = found;
  if (!staged.isCall || failed || !first) return { form: 'output', content };
  if (more.length === 0) {
    const { path, info, close } = open(first);
    after.push(close);
    return { form: 'file', content: { file: path, size: info.size } };
  }
  const size = await writeArchive(found, files.archive, open);
  return { form: 'archive', content: { file: files.archive, size } };
}

/** What the script left; throws when that cannot be read. */
async function leftIn({ files, report }: Parts, links: WorkspaceOptions['links']): Promise<Left> {
  const within = links === 'inside' ? await insideOf(files) : undefined;
  const onSkip = (name: string, why: string) => skip(report, name, why);
  const found = await findFiles(within ?? files.output, { ...(within === undefined ? {} : { within }), onSkip });
  const open = ({ path, name }: OutputFile): Opened => {
    const opened = openOutput(path, within);
    if (typeof opened !== 'string') return opened;
    throw new SandboxError('failed', `${name} was changed after the end of the script: ${opened}.`);
  };
  return { found, open };
}

async function stageOut(
  parts: Parts,
  exitCode: number,
  { buckets, elsewhere, links }: WorkspaceOptions,
): Promise<StagedOut> {
  const { task, report, staged, printed } = parts;
  const left = await leftIn(parts, links).catch(asSandboxError);
  if (left instanceof SandboxError) {
    return { answer: { form: 'output', content: printed.finish() }, outputs: [], failures: [left.message] };
  }
  const { open } = left;
  const uploads = planUploads(task, left.found, staged.bucket);
  const stores = storesOf(task.service, { buckets, elsewhere });
  const { stored: outputs, failure } = await storeAll(uploads, { stores, open, report });
  const failures = failure ? [failure] : [];
  return { answer: await answerOf(parts, left, exitCode !== 0), outputs, failures };
}

/** Where the output folder really is; a link that a script put in its place could lead to any file of this machine. */
async function insideOf({ root, output }: TaskFolder): Promise<string> {
  const real = join(await realpath(dirname(root)), basename(root), basename(output));
  const found = await realpath(output).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw new SandboxError('failed', 'The output folder is gone: the script removed it.', { cause: error });
  });
  if (found === real) return real;
  throw new SandboxError('failed', 'The output folder is a link: nothing of it is stored.');
}

/** A workspace whose tasks live below one folder. */
export function createWorkspace(options: WorkspaceOptions): Workspace {
  const { folder: base, access, log } = options;
  const folders = createTaskFolders({ base, log });

  const underway = (parts: Parts): Staging => {
    const { files, report, printed, staged, after } = parts;
    const { isCall, bucket, idle } = staged;
    return {
      folder: options.inside(files.root),
      root: files.root,
      known: { isCall, ...(bucket === undefined ? {} : { bucket }) },
      idle,
      report,
      onOutput: printed.push,
      onSkip: (name, why) => skip(report, name, why),
      stageOut: (exitCode) => stageOut(parts, exitCode, options),
      abandon: () => ({ form: 'output', content: printed.finish() }),
      onRelease: (work) => void after.push(work),
      release: async () => {
        for (const work of after.splice(0)) await work();
        await files.remove();
      },
    };
  };

  const prepare = async (task: Task, files: TaskFolder, onLine: (line: string) => void): Promise<Staging> => {
    const report = createReport(task.service.definition.log_level, onLine);
    const printed = createPrinted(files.printed, onLine);
    const stores = storesOf(task.service, { ...options, eventId: task.eventId, caller: task.caller });
    const staged = await files.receive((folder) => stageIn({ task, folder, stores, report }));
    const parts: Parts = { task, files, report, printed, staged, after: [] };
    equip(parts, options.inside);
    return underway(parts);
  };
  return {
    sweep: folders.sweep,
    forget: folders.forget,
    close: folders.close,
    adopt: (task, { folder, known }, onLine) => {
      const files = folders.adopt(task.service.name);
      const report = createReport(task.service.definition.log_level, onLine);
      const printed = createPrinted(files.printed, onLine);
      const staged = { ...known, idle: false, variables: {} };
      return { ...underway({ task, files, report, printed, staged, after: [] }), folder };
    },
    stageIn: async (task, onLine) => {
      const files = folders.create(task.service.name, access(task.service));
      try {
        return await prepare(task, files, onLine);
      } catch (error) {
        await files.remove();
        throw error;
      }
    },
  };
}
