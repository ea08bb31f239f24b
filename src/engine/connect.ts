import { asSandboxError } from '../model/errors.ts';
import { credentialsOf } from './credentials.ts';
import type { Engine } from './engine.ts';
import { findEngine } from './find.ts';

/** A container engine, or why there is none. */
export type Found = { engine: Engine } | { why: string; hint: string };

export interface ConnectParts {
  environment: Record<string, string>;
  /** The user's home, where it is not what the environment says. */
  home?: string;
}

/** Finds the engine that the user works with, and speaks with it. */
export async function connect({ environment, home = environment.HOME ?? '/' }: ConnectParts): Promise<Found> {
  const around = { environment, home };
  const search = await findEngine(around);
  if ('why' in search) return { why: search.why, hint: search.hint };
  const [at] = search.found;
  // Loaded only where there is an engine to speak with.
  const { openEngine } = await import('./docker.ts');
  try {
    return { engine: await openEngine({ at, credentialsFor: credentialsOf(around) }) };
  } catch (error) {
    const { message, hint } = asSandboxError(error);
    return { why: message, hint: hint ?? 'Start it anew.' };
  }
}
