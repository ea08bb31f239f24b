import { realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Log } from '../../log.ts';
import type { Answer, Task } from '../../model/task.ts';
import type { Buckets } from '../../objects/buckets.ts';
import { writeArchive } from './archive.ts';
import type { Access } from './bay.ts';
import { findFiles, type OutputFile } from './files.ts';
import { createTaskFolders, type TaskFolder } from './folder.ts';
import { createPrinted, type Printed } from './printed.ts';
import { createReport, type Report } from './report.ts';
import { shellVariables } from './shellvariables.ts';
import { type StagedIn, stageIn } from './stagein.ts';
import { planUploads, storeAll } from './stageout.ts';
import { taskVariables } from './variables.ts';

export interface WorkspaceOptions {
  buckets: Buckets;
  /** Where the tasks' folders are, on this machine. */
  folder: string;
  access: Access;
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
  /** There is nothing to run: the event is about no file. */
  idle: boolean;
  report: Report;
  onOutput(chunk: Buffer): void;
  /** Stores the output files and makes the answer. */
  stageOut(exitCode: number): Promise<StagedOut>;
  /** The answer of a task that was cut short: what it had printed. */
  abandon(): Answer;
  /** Never rejects. */
  release(): Promise<void>;
}

/** Event in, objects and answer out: what OSCAR's supervisor does in the container, done from outside. */
export interface Workspace {
  /** Clears what a run of the program before this one left; before anything else. */
  sweep(): Promise<void>;
  /** Throws a SandboxError when the input cannot be had. */
  stageIn(task: Task, onLine: (line: string) => void): Promise<Staging>;
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

async function answerOf({ files, printed, staged }: Parts, found: OutputFile[], failed: boolean): Promise<Answer> {
  const content = printed.finish();
  const [first, ...more] = found;
  if (!staged.isCall || failed || !first) return { form: 'output', content };
  if (more.length === 0) return { form: 'file', content: { file: first.path, size: first.size } };
  const size = await writeArchive(found, files.archive);
  return { form: 'archive', content: { file: files.archive, size } };
}

async function stageOut(parts: Parts, exitCode: number, { buckets, links }: WorkspaceOptions): Promise<StagedOut> {
  const { task, files, report, staged } = parts;
  const found = await findFiles(files.output, {
    ...(links === 'inside' ? { within: await realpath(files.output) } : {}),
    onSkip: (name, why) => report.warning(`${name} is left out: ${why}`),
  });
  const { uploads, unreachable } = planUploads(task, found, staged.bucket);
  const { stored: outputs, failure } = await storeAll(uploads, { buckets, report, writer: task.service.name });
  const failures = failure ? [...unreachable, failure] : unreachable;
  return { answer: await answerOf(parts, found, exitCode !== 0), outputs, failures };
}

/** A workspace whose tasks live below one folder. */
export function createWorkspace(options: WorkspaceOptions): Workspace {
  const { folder: base, access, log } = options;
  const folders = createTaskFolders({ base, access, log });

  const prepare = async (task: Task, files: TaskFolder, onLine: (line: string) => void): Promise<Staging> => {
    const report = createReport(task.service.definition.log_level, onLine);
    const printed = createPrinted(files.printed, onLine);
    const staged = await stageIn({ task, folder: files.input, buckets: options.buckets, report });
    const parts: Parts = { task, files, report, printed, staged };
    equip(parts, options.inside);
    return {
      folder: options.inside(files.root),
      idle: staged.idle,
      report,
      onOutput: printed.push,
      stageOut: (exitCode) => stageOut(parts, exitCode, options),
      abandon: () => ({ form: 'output', content: printed.finish() }),
      release: files.remove,
    };
  };
  return {
    sweep: folders.sweep,
    forget: folders.forget,
    close: folders.close,
    stageIn: async (task, onLine) => {
      const files = folders.create(task.service.name);
      try {
        return await prepare(task, files, onLine);
      } catch (error) {
        await files.remove();
        throw error;
      }
    },
  };
}
