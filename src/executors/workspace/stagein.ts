import { basename, join } from 'node:path';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import type { Task } from '../../model/task.ts';
import type { Buckets } from '../../objects/buckets.ts';
import { type Event, type Occasion, readEvent } from './event.ts';
import { smallBytes, writeCall, writeLargeCall } from './inputfile.ts';
import type { Report } from './report.ts';

/** What staging in found and made. */
export interface StagedIn {
  /** A caller waits for the script's files; with an object event it is always the output. */
  isCall: boolean;
  /** The bucket of the object event. */
  bucket?: string;
  /** The input file, as a path of this machine. */
  file?: string;
  /** There is nothing the script could read: it is not run. */
  idle: boolean;
  variables: Record<string, string>;
  /** The request's body as text, for jobs. */
  body?: string;
}

export interface StageInOptions {
  task: Task;
  /** The input folder. */
  folder: string;
  buckets: Buckets;
  report: Report;
}

type ObjectEvent = Extract<Event, { kind: 'object' }>;

const own = ({ provider }: ObjectEvent): boolean => provider.type === 'minio' && provider.id === 'default';

function fileName(key: string): string {
  const name = basename(key);
  if (name !== '.' && name !== '..') return name;
  throw new SandboxError('failed', `The object ${key} has no name that a file could have.`);
}

async function fetchObject(event: ObjectEvent, { task, folder, buckets, report }: StageInOptions): Promise<string> {
  const { bucket, key, provider } = event;
  if (!own(event)) {
    const name = `${provider.type}.${provider.id}`;
    throw new SandboxError(
      'failed',
      `The event's object ${bucket}/${key} is in ${name}, which OSCAR Sandbox cannot read.`,
      {
        hint: 'Only minio.default, the store of this platform, is read.',
      },
    );
  }
  const file = join(folder, fileName(key));
  try {
    const { size } = await buckets.fetch({ bucket, key, ...(task.eventId ? { eventId: task.eventId } : {}) }, file);
    report.info(`read ${bucket}/${key} (${size} bytes)`);
  } catch (error) {
    const { code, message } = asSandboxError(error);
    throw new SandboxError(code, `Reading ${bucket}/${key} failed: ${message}`, { cause: error });
  }
  return file;
}

async function stageObject(event: ObjectEvent, options: StageInOptions): Promise<Omit<StagedIn, 'variables' | 'body'>> {
  const { bucket, key } = event;
  const base = { isCall: false, bucket, idle: false };
  if (options.task.service.definition.file_stage_in) return base;
  if (key.endsWith('/')) {
    options.report.info(`${bucket}/${key} is a folder marker, nothing to do`);
    return { ...base, idle: true };
  }
  return { ...base, file: await fetchObject(event, options) };
}

async function stageLarge({ task, folder, report }: StageInOptions): Promise<StagedIn> {
  if (task.kind === 'job') report.info('The variable EVENT is left out: the body is too large for it.');
  const base = { isCall: true, idle: false, variables: {} };
  // OSCAR: the name is the wrong way round, `file_stage_in: true` stages nothing.
  if (task.service.definition.file_stage_in) return base;
  return { ...base, file: await writeLargeCall(folder, task.payload) };
}

async function stageSmall({ event, variables }: Occasion, options: StageInOptions): Promise<StagedIn> {
  if (event.kind === 'foreign') throw new SandboxError('failed', event.reason);
  if (event.kind === 'object') {
    const told = { STORAGE_OBJECT_KEY: event.key, EVENT_TIME: event.time, EVENT: event.json };
    return { ...(await stageObject(event, options)), variables: { ...variables, ...told } };
  }
  const base = { isCall: true, idle: false, variables };
  if (options.task.service.definition.file_stage_in) return base;
  return { ...base, file: writeCall(options.folder, event.content) };
}

/** Understands the payload and puts its file, or the object it is about, into the input folder. */
export async function stageIn(options: StageInOptions): Promise<StagedIn> {
  const bytes = await smallBytes(options.task.payload);
  if (!bytes) return stageLarge(options);
  return { ...(await stageSmall(readEvent(bytes), options)), body: bytes.toString() };
}
