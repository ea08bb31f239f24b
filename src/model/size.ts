import { quantity } from './quantity.ts';

/** A quantity that can be reckoned with exactly, and how it was written. */
export interface Size {
  nano: bigint;
  form: 'binary' | 'decimal' | 'exponent';
}

const prefixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binaryPrefixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const unit = 10n ** 9n;

/** Nothing; what is added to it keeps its own form. */
export const noSize: Size = { nano: 0n, form: 'decimal' };

/** Reads a Kubernetes quantity; throws with Kubernetes' own sentence. */
export function sizeOf(text: string): Size {
  quantity(text);
  const [, sign = '', whole = '', fraction = '', suffix = ''] = /^([+-]?)(\d*)\.?(\d*)(.*)$/.exec(text) ?? [];
  const { factor, form } = scaleOf(suffix);
  const divisor = 10n ** BigInt(fraction.length);
  const scaled = BigInt(`${whole}${fraction}`) * factor;
  // As Kubernetes does: what is smaller than a nano counts as one.
  const nano = (scaled + divisor - 1n) / divisor;
  return { nano: sign === '-' ? -nano : nano, form };
}

function scaleOf(suffix: string): { factor: bigint; form: Size['form'] } {
  const binary = binaryPrefixes.indexOf(suffix);
  if (binary > 0) return { factor: unit * 1024n ** BigInt(binary), form: 'binary' };
  const decimal = prefixes.indexOf(suffix);
  if (decimal >= 0) return { factor: 1000n ** BigInt(decimal), form: 'decimal' };
  const exponent = Math.min(Math.max(Number(suffix.slice(1)), -9), 36);
  return { factor: 10n ** BigInt(exponent + 9), form: 'exponent' };
}

/** The sum, written like the first; like the second when the first is nothing. */
export const plus = (a: Size, b: Size): Size => ({ nano: a.nano + b.nano, form: a.nano === 0n ? b.form : a.form });

/** What is left, never less than nothing. */
export const minus = (a: Size, b: Size): Size => (a.nano > b.nano ? { nano: a.nano - b.nano, form: a.form } : noSize);

/** As Kubernetes writes it: `1024Mi` is `1Gi`. */
export function canonical({ nano, form }: Size): string {
  if (nano === 0n) return '0';
  const size = nano < 0n ? -nano : nano;
  if (form === 'binary' && size >= 1024n * unit && size % unit === 0n) {
    const [value, steps] = reduced(nano / unit, 1024n, binaryPrefixes.length - 1);
    return `${value}${binaryPrefixes[steps]}`;
  }
  const [value, steps] = reduced(nano, 1000n, form === 'exponent' ? 30 : prefixes.length - 1);
  if (form !== 'exponent') return `${value}${prefixes[steps]}`;
  return steps === 3 ? `${value}` : `${value}e${steps * 3 - 9}`;
}

/** Divided as often as that leaves no rest. */
function reduced(value: bigint, by: bigint, most: number): [bigint, number] {
  let [left, steps] = [value, 0];
  while (steps < most && left % by === 0n) [left, steps] = [left / by, steps + 1];
  return [left, steps];
}

/** The number that is not below it, without a fraction. */
export const wholeOf = ({ nano }: Size): bigint => (nano > 0n ? (nano + unit - 1n) / unit : nano / unit);
