import { asSandboxError, type ErrorCode, SandboxError } from '../model/errors.ts';

/** What an engine's client throws: an answer with a status, or no answer at all. */
interface Failure {
  statusCode?: number;
  json?: { message?: string } | null;
  message?: string;
  code?: string | number;
}

const codes: Record<number, ErrorCode> = { 304: 'conflict', 400: 'invalid', 404: 'not-found', 409: 'conflict' };

/** Does the work; what the engine refuses, or that it does not answer, becomes a SandboxError. */
export async function answered<T>(address: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toSandboxError(address, error);
  }
}

/** The engine's own words, if it has said anything. */
export function saidBy(error: unknown): string | undefined {
  const { statusCode, json, message = '' } = error as Failure;
  if (statusCode === undefined) return undefined;
  // Its client puts the status in front.
  return json?.message ?? (message.replace(/^\(HTTP code \d+\) .*? - /s, '').trim() || `status ${statusCode}`);
}

function toSandboxError(address: string, cause: unknown): SandboxError {
  if (cause instanceof SandboxError) return cause;
  const said = saidBy(cause);
  const { statusCode = 0, code: broken } = cause as Failure;
  // Neither an answer nor a broken connection: a mistake of ours.
  if (said === undefined && broken === undefined) return asSandboxError(cause);
  if (said === undefined) return silent(address, cause as Failure);
  if (isFull(said)) return full(cause);
  // Podman: what a container's state does not allow is a 500 in some versions.
  const code = /container state improper/.test(said) ? 'conflict' : codes[statusCode];
  return new SandboxError(code ?? 'unavailable', `The container engine says: ${said}`, { cause });
}

/** Does the engine say that its disk is full? */
export const isFull = (said: string): boolean => /no space left on device|disk quota exceeded/i.test(said);

/** Nothing more can be written where the engine keeps its images and containers. */
export const full = (cause: unknown): SandboxError =>
  new SandboxError('unavailable', 'No space is left on the disk of the container engine.', {
    hint: 'Make room with `docker system prune`, or give the engine a larger disk.',
    cause,
  });

function silent(address: string, cause: Failure): SandboxError {
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return new SandboxError('unavailable', `You may not use the container engine at ${address}.`, {
      hint: 'Add yourself to its group (`sudo usermod -aG docker $USER`) and log in anew.',
      cause,
    });
  }
  return new SandboxError('unavailable', `The container engine at ${address} does not answer: ${cause.message}.`, {
    hint: 'Start it (Docker Desktop, `systemctl start docker`, `podman system service`).',
    cause,
  });
}

/** It took the question, and says nothing. */
export const late = (address: string, ms: number): SandboxError =>
  new SandboxError('unavailable', `The container engine at ${address} does not answer within ${ms / 1000} s.`, {
    hint: 'It is overloaded, or hangs: look into its log, or restart it.',
  });

/** Undefined for what does not exist. */
export async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** Somebody else may have been quicker: what is to go is gone. */
export async function unlessGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    // A conflict: it is being removed, or does not run.
    if (!(error instanceof SandboxError) || !['not-found', 'conflict'].includes(error.code)) throw error;
  }
}

/** The same failure, told by what was to be done. */
export function refused(error: unknown, what: string): SandboxError {
  const { code, message, hint } = asSandboxError(error);
  return new SandboxError(code, `${what}: ${message}`, { ...(hint ? { hint } : {}), cause: error });
}
