import type { IncomingHttpHeaders } from 'node:http';
import { failure } from '../failure.ts';

/** A time as signatures write it: `20130524T000000Z`. */
export const amzDate = (time: number): string => new Date(time).toISOString().replace(/[-:]|\.\d+/g, '');

/** The time that `20130524T000000Z` stands for; not a number for anything else. */
export function timeOf(date: string): number {
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  return iso === date ? Number.NaN : Date.parse(iso);
}

/** How far the clocks of both sides may be apart. */
export const mostSkew = 15 * 60 * 1000;

/** Throws when this is not a time, or too far from ours. */
export function checkSkew(time: number, now: number): void {
  if (Number.isNaN(time))
    throw failure('AccessDenied', 'AWS authentication requires a valid Date or x-amz-date header');
  if (Math.abs(now - time) > mostSkew) throw failure('RequestTimeTooSkewed');
}

/** The time that the header of HTTP tells, for clients of old. */
export const httpTime = (text: IncomingHttpHeaders[string]): number => Date.parse(String(text ?? ''));
