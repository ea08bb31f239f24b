import { setTimeout as pause } from 'node:timers/promises';
import { SandboxError } from '../../model/errors.ts';
import { patiently } from '../patience.ts';
import type { Underway } from '../runner.ts';

/** A server that has just begun may not know yet who may do what: so often it may refuse what it allowed before. */
const refusals = 12;
const AGAIN_MS = 250;

/** Does what needs the cluster; while that is away it waits, and then does it anew. Only for what can be done twice. */
export async function waitingFor<T>(
  ping: () => Promise<unknown>,
  { onLine, signal }: Pick<Underway, 'onLine' | 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  let said = false;
  const onWait = () => {
    if (!said) onLine('[sandbox] waits for the cluster');
    said = true;
  };
  for (let left = refusals; ; left--) {
    try {
      return await patiently({ engine: { ping }, signal, onWait }, work);
    } catch (error) {
      if (left === 0 || !(error instanceof SandboxError && error.code === 'forbidden')) throw error;
    }
    await pause(AGAIN_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
