import { asSandboxError, SandboxError } from '../model/errors.ts';

/** Does the work; what is wrong with its input is told behind OSCAR's prefix for this kind of body. */
export function prefixed<T>(prefix: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message, hint } = asSandboxError(error);
    if (code !== 'invalid') throw error;
    throw new SandboxError('invalid', prefix + message, { hint, cause: error });
  }
}
