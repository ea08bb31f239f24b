import type { Answer } from '../../../model/task.ts';
import { createUtf8Filter } from '../../workspace/utf8.ts';

/** What only the place where a script ran knows of its end. */
export interface TaskRecord {
  /** The script's; absent when it was never run. */
  exitCode?: number;
  supervisorCode: number;
  form: Answer['form'];
  /** What was in the output folder, as names below it. */
  files: string[];
}

const SEPARATOR = '\x1e';
const shape = /^end (\d+|-) (\d+) (output|file|archive) (\d+)$/;

function read(line: string): { record: TaskRecord; names: number } | undefined {
  const [, script, supervisor, form, names] = shape.exec(line) ?? [];
  if (script === undefined) return undefined;
  const ended = script === '-' ? {} : { exitCode: Number(script) };
  return {
    record: { ...ended, supervisorCode: Number(supervisor), form: form as Answer['form'], files: [] },
    names: Number(names),
  };
}

/** Finds one task in the lines of a pod's log. */
export interface LogReader {
  push(line: string): void;
  /** Was its beginning read? */
  begun(): boolean;
  /** Once the task has come to its end, and all of it was read. */
  record(): TaskRecord | undefined;
}

/** Hands out what a task printed, line by line; what the pod's log says before and after is of others. */
export function createLogReader(task: string, onLine: (line: string) => void): LogReader {
  const mark = `${SEPARATOR}${task} `;
  let begun = false;
  let found: ReturnType<typeof read>;
  const within = (line: string) => {
    const at = line.indexOf(mark);
    const end = at < 0 ? undefined : read(line.slice(at + mark.length));
    if (!end) return onLine(line);
    // The end stands in a line of its own only if the last line had an end.
    if (at > 0) onLine(line.slice(0, at));
    found = end;
  };
  return {
    push: (line) => {
      if (found) {
        if (found.record.files.length < found.names) found.record.files.push(line);
      } else if (begun) within(line);
      else begun = line.endsWith(`${mark}begin`);
    },
    begun: () => begun,
    record: () => (found && found.record.files.length === found.names ? found.record : undefined),
  };
}

/** The answer of a call that was made for a task: its record, and what follows it. Undefined when it is no such answer. */
export function readAnswer(task: string, body: Buffer): { record: TaskRecord; payload: Buffer } | undefined {
  const mark = Buffer.from(`${SEPARATOR}${task} `);
  const begin = body.indexOf(mark);
  if (begin < 0) return undefined;
  let at = begin + mark.length;
  const line = (): string | undefined => {
    const end = body.indexOf(0x0a, at);
    if (end < 0) return undefined;
    const text = body.toString('utf8', at, end);
    at = end + 1;
    return text;
  };
  const found = read(line() ?? '');
  if (!found) return undefined;
  for (let left = found.names; left > 0; left--) {
    const name = line();
    if (name === undefined) return undefined;
    found.record.files.push(name);
  }
  const payload = body.subarray(at);
  // As everywhere: what a script prints and is no UTF-8 is dropped.
  return { record: found.record, payload: found.record.form === 'output' ? createUtf8Filter().push(payload) : payload };
}

/** What a job's container left behind for Kubernetes: both codes, and what the supervisor said if it failed. */
export function readTermination(
  message: string,
): { exitCode?: number; supervisorCode: number; said: string } | undefined {
  const [, said = '', script, supervisor] = /^([\s\S]*?)(\d+|-) (\d+)\n?$/.exec(message) ?? [];
  if (script === undefined) return undefined;
  const ended = script === '-' ? {} : { exitCode: Number(script) };
  return { ...ended, supervisorCode: Number(supervisor), said: said.trim() };
}
