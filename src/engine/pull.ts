import { SandboxError } from '../model/errors.ts';
import type { Credentials, Login } from './credentials.ts';
import type { OnProgress } from './engine.ts';
import { saidBy } from './failures.ts';
import { jsonLines } from './lines.ts';
import { createProgress, type Step } from './progress.ts';
import { parseReference } from './reference.ts';
import { refusal } from './refusals.ts';

/** How the pull is asked of the engine. */
export interface PullOptions {
  authconfig?: Credentials;
  abortSignal?: AbortSignal;
}

export interface PullParts {
  open(reference: string, options: PullOptions): Promise<NodeJS.ReadableStream>;
  reference: string;
  login: Login;
  onProgress: OnProgress;
  signal: AbortSignal | undefined;
}

type Message = Step & { error?: string; errorDetail?: { message?: string } };

/** Gets an image from its registry; a refusal is a sentence of its own. */
export async function pullImage(parts: PullParts): Promise<void> {
  const { reference, login, signal } = parts;
  try {
    await pull(parts);
  } catch (cause) {
    if (signal?.aborted) throw new SandboxError('unavailable', `The pull of ${reference} was stopped.`, { cause });
    const said = saidBy(cause);
    throw said === undefined ? cause : refusal({ reference, said, cause, trouble: login.trouble });
  }
}

async function pull({ open, reference, login, onProgress, signal }: PullParts): Promise<void> {
  signal?.throwIfAborted();
  const { full } = parseReference(reference);
  const progress = createProgress({ name: full, onLine: onProgress, now: () => performance.now() });
  if (login.trouble) onProgress(`${login.trouble} Pulling without credentials.`);
  const stream = await open(reference, {
    ...(login.credentials ? { authconfig: login.credentials } : {}),
    ...(signal ? { abortSignal: signal } : {}),
  });
  for await (const message of jsonLines<Message>(stream)) {
    const said = message.errorDetail?.message ?? message.error;
    // It began with a success, and now goes wrong.
    if (said) throw Object.assign(new Error(said), { statusCode: 500 });
    progress.see(message);
  }
  progress.done();
}
