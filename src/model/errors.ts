/** Every way in which something can go wrong; `api/protocol.ts` gives each its status and exit code. */
export type ErrorCode =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'rejected'
  | 'not-running'
  | 'failed'
  | 'timeout'
  | 'unavailable'
  | 'internal';

export interface ErrorDetails {
  /** What the user can do about it, one sentence. */
  hint?: string;
  cause?: unknown;
}

/** The one error class: a sentence for the user, a code for programs, a hint for both. */
export class SandboxError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'SandboxError';
    this.code = code;
    this.hint = details.hint;
  }
}

/** Any thrown value as a SandboxError: what is not ours becomes `internal` and keeps its cause. */
export function asSandboxError(error: unknown): SandboxError {
  if (error instanceof SandboxError) return error;
  if (isFullDisk(error)) {
    return new SandboxError('unavailable', 'No space is left on the disk of the data folder.', {
      hint: 'Make room, or start with a --data-dir on another disk: nothing that was acknowledged is lost.',
      cause: error,
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new SandboxError('internal', message, { cause: error });
}

/** Did this fail because nothing more can be written? */
export const isFullDisk = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT', 'SQLITE_FULL'].includes((error as { code?: string } | undefined)?.code ?? '');
