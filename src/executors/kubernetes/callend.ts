import { SandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import type { ScriptEnd } from '../crew.ts';
import type { Underway } from '../runner.ts';
import type { Heard } from './feeds.ts';
import type { Settings } from './manifests/settings.ts';
import { isDown, lastEnd, restartsOf } from './podstate.ts';
import type { Scene } from './scene.ts';
import type { Answered } from './ways.ts';

/** A log tells a moment later which pod a call is in. */
const LINES_MS = 2_000;
/** A node tells a moment later that a container has ended. */
const NODE_MS = 5_000;

/** How often the containers of a service's pods were begun anew. */
export const restarts = (scene: Scene, service: string): ReadonlyMap<string, number> =>
  new Map(scene.podsOfService(service).map((pod) => [pod.metadata.name, restartsOf(pod)]));

/** An answer that is not the supervisor's: something on the way made it, or the end of the container. */
export function unframed(
  { status, body }: Answered,
  { name }: Service,
  { callTimeoutSeconds }: Pick<Settings, 'callTimeoutSeconds'>,
): SandboxError {
  const said = body.toString('utf8').trim().slice(0, 300);
  if (status === 504 || (status >= 500 && /timeout|timed out/i.test(said))) {
    throw new SandboxError('timeout', `Timed out after ${callTimeoutSeconds} s.`);
  }
  if (status === 404) throw new SandboxError('unavailable', `The gateway of the cluster knows no way to ${name} yet.`);
  const what = `The cluster answered with status ${status}${said ? `: ${said}` : ''}`;
  const sentence = /[.!?]$/.test(what) ? what : `${what}.`;
  return new SandboxError(status === 502 || status === 503 ? 'unavailable' : 'failed', sentence);
}

export interface BrokenOff {
  error: SandboxError;
  underway: Underway;
  /** The restarts before the call. */
  before: ReadonlyMap<string, number>;
  heard: Heard;
}

/** How a call ended that got no answer: the container that was at it may have ended. Throws the error when it has not. */
export async function brokenOff(
  { scene }: { scene: Scene },
  { error, underway, before, heard }: BrokenOff,
): Promise<ScriptEnd> {
  const limit = (ms: number) => AbortSignal.any([underway.signal, AbortSignal.timeout(ms)]);
  const name = (await heard.begun(limit(LINES_MS)))?.metadata.name;
  underway.signal.throwIfAborted();
  if (!name) throw error;
  const look = () => {
    const pod = scene.find('pods', name);
    if (!pod) return { end: undefined };
    return isDown(pod) || restartsOf(pod) > (before.get(name) ?? 0) ? { end: lastEnd(pod) } : undefined;
  };
  const found = await scene.until(look, limit(NODE_MS)).catch(() => undefined);
  underway.signal.throwIfAborted();
  if (!found) throw error.code === 'failed' ? error : new SandboxError('failed', error.message);
  if (!found.end) throw new SandboxError('failed', 'Its pod was removed in the middle of the call.');
  if (found.end.outOfMemory) return { exitCode: 137, oom: true };
  throw new SandboxError(
    'failed',
    `Its container ended with exit code ${found.end.exitCode} in the middle of the call.`,
  );
}
