import { SandboxError } from '../model/errors.ts';
import { quantity } from '../model/quantity.ts';

/** A Kubernetes quantity as a number; undefined when it is none. */
export function amount(text: string): number | undefined {
  try {
    return quantity(text);
  } catch (error) {
    if (error instanceof SandboxError) return undefined;
    throw error;
  }
}
