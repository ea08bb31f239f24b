import { visible } from './visible.ts';

/** The version of an OSCAR server. */
export interface Version {
  /** As it says itself, for people: `v4.1.2`. */
  text: string;
  /** Undefined when it says no number: a development build. */
  numbers?: readonly number[];
}

/** The version that a server names; one without a number counts as newer than all others. */
export function versionOf(said: string): Version {
  const text = visible(said);
  const found = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(said);
  return found ? { text, numbers: found.slice(1).map((part) => Number(part ?? 0)) } : { text };
}

/** Is the server older than this version? */
export function isBefore({ numbers }: Version, since: string): boolean {
  if (!numbers) return false;
  const wanted = since.split('.').map(Number);
  const at = wanted.findIndex((part, index) => part !== (numbers[index] ?? 0));
  return at >= 0 && (numbers[at] ?? 0) < (wanted[at] ?? 0);
}
