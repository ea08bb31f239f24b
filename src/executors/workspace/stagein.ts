import { basename, join } from 'node:path';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import type { Task } from '../../model/task.ts';
import { type Event, type Occasion, readEvent } from './event.ts';
import { smallBytes, writeCall, writeLargeCall } from './inputfile.ts';
import type { Report } from './report.ts';
import { ownStore, type Stores } from './stores.ts';

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
  stores: Stores;
  report: Report;
}

type ObjectEvent = Extract<Event, { kind: 'object' }>;

function fileName(key: string): string {
  const name = basename(key);
  if (name !== '.' && name !== '..') return name;
  throw new SandboxError('failed', `The object ${key} has no name that a file could have.`);
}

/** A file of one of the service's stores, as it is called there. */
async function fetchFile(store: string, path: string, { folder, stores, report }: StageInOptions): Promise<string> {
  const told = store === ownStore ? path : `${store} ${path}`;
  const file = join(folder, fileName(path));
  try {
    const size = await stores.fetch(store, path, file);
    report.info(`read ${told} (${size} bytes)`);
  } catch (error) {
    const { code, message, hint } = asSandboxError(error);
    throw new SandboxError(code, `Reading ${told} failed: ${message}`, { hint, cause: error });
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
  const { type, id } = event.provider;
  return { ...base, file: await fetchFile(`${type}.${id}`, `${bucket}/${key}`, options) };
}

/** OSCAR: the input is the one that is called exactly so, and its events tell the script no variables. */
const dcache = 'webdav.dcache';

async function stageDcache(name: string, options: StageInOptions): Promise<Omit<StagedIn, 'variables' | 'body'>> {
  const { name: service, definition } = options.task.service;
  const base = { isCall: false, idle: false };
  if (definition.file_stage_in) return base;
  const input = definition.input.find(({ storage_provider }) => storage_provider === dcache);
  if (input) return { ...base, file: await fetchFile(dcache, `${input.path}/${name}`, options) };
  throw new SandboxError('failed', `The event comes from dCache, but ${service} has no input in ${dcache}.`, {
    hint: `Declare an input with storage_provider: ${dcache}.`,
  });
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
  if (event.kind === 'dcache') return { ...(await stageDcache(event.name, options)), variables };
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
