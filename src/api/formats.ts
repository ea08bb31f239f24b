/** RFC 3339 in UTC, whole seconds: job times, expiries. */
export const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** RFC 3339 in UTC with as many digits as the time has. */
export const precise = (ms: number): string => `${trimZeros(new Date(ms).toISOString().slice(0, -1))}Z`;

/** A time as Go prints it (`Time.String`): what OSCAR gives objects. */
export const goTime = (ms: number): string =>
  `${trimZeros(new Date(ms).toISOString().slice(0, -1).replace('T', ' '))} +0000 UTC`;

/** The fraction is always there, so only its zeros can be met. */
const trimZeros = (time: string): string => time.replace(/\.?0+$/, '');

/** Nanoseconds as Go prints a duration: `0s`, `850ns`, `12.5µs`, `1.234567ms`, `1m2.5s`. */
export function goDuration(ns: number): string {
  if (ns === 0) return '0s';
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${ns / 1e3}µs`;
  if (ns < 1e9) return `${ns / 1e6}ms`;
  const hours = Math.floor(ns / 3.6e12);
  const minutes = Math.floor((ns % 3.6e12) / 6e10);
  const rest = `${(ns % 6e10) / 1e9}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'];

/** Bytes as OSCAR writes sizes: `512`, `1.5Ki`, `3Mi`. */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(unit === 0 ? 0 : 1).replace(/\.0$/, '')}${units[unit]}`;
}

/** A query value as Go's ParseBool reads it; anything it does not know is false. */
export const isTrue = (value: string | null): boolean => ['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value ?? '');

/** A header name as Go writes it: `x-meta-owner` is `X-Meta-Owner`. */
export const canonicalHeader = (name: string): string =>
  name.toLowerCase().replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase());
