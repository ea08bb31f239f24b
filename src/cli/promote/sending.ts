import { asSandboxError, SandboxError } from '../../model/errors.ts';
import type { Step } from './plan.ts';
import type { Remote } from './remote.ts';

export type Action = 'created' | 'updated' | 'unchanged';

/** Does the steps one after the other; the first that fails ends it, with an error that tells how far it came. */
export async function sendAll(
  remote: Remote,
  steps: readonly Step[],
  onDone: (step: Step, action: Action) => void,
): Promise<void> {
  for (const [index, step] of steps.entries()) {
    try {
      onDone(step, await send(remote, step));
    } catch (error) {
      throw halted(error, steps, index);
    }
  }
}

async function send(remote: Remote, { verb, body, first }: Step): Promise<Action> {
  if (verb === 'keep') return 'unchanged';
  if (verb === 'update') await remote.update(body);
  else await remote.create(first ?? body);
  if (first) await remote.update(body).catch((error) => Promise.reject(half(error)));
  return verb === 'update' ? 'updated' : 'created';
}

function half(thrown: unknown): SandboxError {
  const { code, message, hint } = asSandboxError(thrown);
  return new SandboxError(code, `it is made, and does not have all of its outputs yet: ${message}`, {
    hint,
    cause: thrown,
  });
}

function halted(thrown: unknown, steps: readonly Step[], at: number): SandboxError {
  const { code, message, hint } = asSandboxError(thrown);
  const names = (list: readonly Step[]) =>
    list
      .filter(({ verb }) => verb !== 'keep')
      .map(({ name }) => name)
      .join(', ') || 'none';
  const far = `Sent: ${names(steps.slice(0, at))}. Not sent: ${names(steps.slice(at))}.`;
  const again = 'It is safe to promote again: what has arrived is not sent a second time.';
  return new SandboxError(code, `${steps[at]?.name}: ${message}\n${far}`, {
    hint: hint ? `${hint}\n${again}` : again,
    cause: thrown,
  });
}
