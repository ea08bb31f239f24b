import type { IncomingHttpHeaders } from 'node:http';
import { failure } from '../failure.ts';

/** As a query or a header has it. */
export type Given = IncomingHttpHeaders[string] | null;

interface Limits {
  /** What the request calls it. */
  name: string;
  /** Without one the number must be given. */
  absent?: number;
  least?: number;
  most: number;
}

/** A whole number that a request gives as text; `InvalidArgument` for anything else. */
export function wholeNumber(given: Given, { name, absent, least = 0, most }: Limits): number {
  const text = String(given ?? '');
  if (text === '' && absent !== undefined) return absent;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw failure('InvalidArgument', `Argument ${name} must be an integer between ${least} and ${most}.`);
}

/** The most that S3 takes for the length of a page, whatever it then gives. */
export const mostAsked = 2_147_483_647;
