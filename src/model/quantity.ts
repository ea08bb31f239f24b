import { SandboxError } from './errors.ts';

const shape = /^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$/;
const powers: Record<string, number> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity (`256Mi`, `0.5`, `500m`, `1e3`) as a number; throws with Kubernetes' own sentence. */
export function quantity(text: string): number {
  const match = shape.exec(text);
  const value = match && /^[+-]?(\d+\.?\d*|\.\d+)$/.test(match[1] ?? '') ? Number(match[1]) : Number.NaN;
  const suffix = match?.[2] ?? '';
  const power = powers[suffix] ?? (/^[eE][+-]?\d+$/.test(suffix) ? 10 ** Number(suffix.slice(1)) : Number.NaN);
  if (Number.isNaN(value) || Number.isNaN(power)) {
    throw new SandboxError('rejected', `quantities must match the regular expression '${shape.source}'`, {
      hint: `“${text}” is no quantity: write for example 256Mi or 1Gi for memory, 0.5 or 500m for cpu.`,
    });
  }
  return value * power;
}

/** An amount of processor in whole thousandths of a core; what is no quantity is none. */
export const millicores = (cpu: string): number => Math.round(amountOf(cpu) * 1000);

/** An amount of memory in whole bytes; what is no quantity is none. */
export const bytes = (memory: string): number => Math.round(amountOf(memory));

function amountOf(text: string): number {
  try {
    return quantity(text);
  } catch {
    // Declared where nobody looked at it: nothing can be said of it.
    return 0;
  }
}
