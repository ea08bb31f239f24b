import type { Span } from '../../store/usage.ts';
import { type Answer, json } from '../answer.ts';
import { precise } from '../formats.ts';

/** From when to when a question goes: as it is answered, and as the records are looked through. */
export interface Asking {
  start: string;
  end: string;
  span: Span;
}

const dayMs = 86_400_000;

/** Reads `start` and `end`, or answers what is wrong with them. OSCAR: the day before now, or before `end`. */
export function askingOf(query: URLSearchParams, now: number): Asking | Answer {
  const [from, to] = [query.get('start')?.trim(), query.get('end')?.trim()];
  const end = to ? instantOf(to) : instantOf(precise(now));
  if (!end) return metricsError('invalid end timestamp');
  const start = from ? instantOf(from) : { ...end, local: end.local - dayMs };
  if (!start) return metricsError('invalid start timestamp');
  if (isBefore(end, start)) return metricsError('end must be after start');
  return { start: textOf(start), end: textOf(end), span: { from: millisecondsOf(start), to: millisecondsOf(end) } };
}

/** OSCAR: what these routes refuse, they refuse in JSON. */
export const metricsError = (error: string): Answer => json(400, { error });

/** A point in time that is told again in its own zone and with all its digits. */
interface Instant {
  /** Whole seconds, in milliseconds, by the clocks of its zone. */
  local: number;
  /** Nine digits at the most, without zeros at the end. */
  fraction: string;
  /** `Z` or `+02:00`. */
  zone: string;
}

const form = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;

function instantOf(text: string): Instant | undefined {
  const [, clock = '', digits = '', zone = ''] = form.exec(text) ?? [];
  const local = Date.parse(`${clock}Z`);
  // A day or an hour that there is not would be another one.
  if (Number.isNaN(local) || !new Date(local).toISOString().startsWith(clock)) return undefined;
  if (zone !== 'Z' && (Number(zone.slice(1, 3)) > 24 || Number(zone.slice(4)) > 59)) return undefined;
  return { local, fraction: digits.slice(0, 9).replace(/0+$/, ''), zone: /00:00/.test(zone) ? 'Z' : zone };
}

const offsetOf = (zone: string): number =>
  zone === 'Z' ? 0 : Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))) * 60_000;

const millisecondsOf = ({ local, fraction, zone }: Instant): number =>
  local - offsetOf(zone) + Number(fraction.padEnd(3, '0').slice(0, 3));

const textOf = ({ local, fraction, zone }: Instant): string =>
  `${new Date(local).toISOString().slice(0, 19)}${fraction ? `.${fraction}` : ''}${zone}`;

function isBefore(one: Instant, other: Instant): boolean {
  const [a, b] = [one.local - offsetOf(one.zone), other.local - offsetOf(other.zone)];
  return a < b || (a === b && one.fraction.padEnd(9, '0') < other.fraction.padEnd(9, '0'));
}
