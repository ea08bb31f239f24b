import { SandboxError } from '../../model/errors.ts';
import type { Answer } from '../../model/task.ts';
import type { ScriptEnd } from '../crew.ts';
import type { Underway } from '../runner.ts';
import { brokenOff, restarts, unframed } from './callend.ts';
import type { Feeds, Heard } from './feeds.ts';
import { taskHeader } from './manifests/lines.ts';
import { readAnswer, type TaskRecord } from './manifests/record.ts';
import type { Settings } from './manifests/settings.ts';
import { demandRun, type Prepared } from './prepared.ts';
import type { Removal } from './removal.ts';
import type { Scene } from './scene.ts';
import { type Answered, type CallWay, headersOf, post } from './ways.ts';

export interface CallParts {
  removal: Removal;
  settings: Settings;
  scene: Scene;
  feeds: Feeds;
  way(service: string): CallWay;
}

/** Logs arrive a moment after the answer that they lead to. */
const LINES_MS = 2_000;
/** Runs a call in a pod of its service: the cluster chooses which, and makes it when there is none. */
export function createCallRun(parts: CallParts) {
  return async (underway: Underway, prepared: Prepared): Promise<ScriptEnd> => {
    const { name } = underway.task.service;
    let told = false;
    const onLine = (line: string) => {
      told = true;
      prepared.keep(line);
      underway.onLine(line);
    };
    const before = restarts(parts.scene, name);
    const heard = parts.feeds.hear(name, underway.task.id, onLine);
    try {
      const read = await framed(parts, underway, prepared);
      if (read instanceof SandboxError) return await brokenOff(parts, { error: read, underway, before, heard });
      await heard.ended(AbortSignal.any([underway.signal, AbortSignal.timeout(LINES_MS)]));
      // What the log did not bring is in the answer.
      if (!told && read.record.form === 'output') linesOf(read.payload).forEach(onLine);
      heard.close();
      return settled(read, prepared);
    } catch (error) {
      // What the call began goes on in its pod: it ends with that.
      if (underway.signal.aborted || isLate(error)) void endPod(parts, heard);
      else heard.close();
      throw error;
    }
  };
}

type Read = NonNullable<ReturnType<typeof readAnswer>>;

const isLate = (error: unknown): boolean => error instanceof SandboxError && error.code === 'timeout';

/** The answer of the lines of sh in the pod; or why there is none, when the pod may know more of that. */
async function framed(parts: CallParts, underway: Underway, prepared: Prepared): Promise<Read | SandboxError> {
  try {
    const answered = await answer(parts, underway, prepared);
    return readAnswer(underway.task.id, answered.body) ?? unframed(answered, underway.task.service, parts.settings);
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'failed' && !underway.signal.aborted) return error;
    throw error;
  }
}

function settled({ record, payload }: Read, prepared: Prepared): ScriptEnd {
  const said = record.supervisorCode === 0 ? '' : payload.toString();
  demandRun({ record, said });
  prepared.end({ record, answer: answerOf(record, payload), said });
  return { exitCode: record.exitCode ?? 0, oom: false };
}

function answer({ way }: CallParts, { task, signal }: Underway, { fed }: Prepared): Promise<Answered> {
  const { service, variables, id } = task;
  const headers = { ...headersOf(variables), [taskHeader]: id };
  return post(way(service.name), { query: variables.Http_Query ?? '', headers, text: fed.text }, signal);
}

const linesOf = (payload: Buffer): string[] => {
  const text = payload.toString();
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
};

/** Files come as the supervisor tells them: in base64. */
function answerOf({ form }: TaskRecord, payload: Buffer): Answer {
  const bytes = form === 'output' ? payload : Buffer.from(payload.toString('latin1'), 'base64');
  return { form, content: { bytes } };
}

async function endPod({ removal }: CallParts, heard: Heard): Promise<void> {
  const pod = await heard.begun(AbortSignal.timeout(LINES_MS));
  heard.close();
  if (pod) removal.podSoon(pod.metadata.name);
}
