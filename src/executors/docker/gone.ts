import { SandboxError } from '../../model/errors.ts';

/** Did this fail because what it was about is gone from the engine? */
export const isGone = (error: unknown): boolean => error instanceof SandboxError && error.code === 'not-found';
