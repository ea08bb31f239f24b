/** A row of measurements in one unit, smallest to largest told by two of them. */
export interface Figures {
  p50: number;
  p99: number;
  samples: number;
}

/** One line of the report. */
export interface Result {
  name: string;
  unit: string;
  ours: Figures;
  /** The same work done by something else in the same run. */
  peer?: { name: string; figures: Figures };
  /** Ours by the peer's, p50. */
  ratio?: number;
  target?: { text: string; met: boolean };
  notes: string[];
}

const round = (value: number): number => Number(value.toPrecision(4));

/** The value below which a share of the samples lies; the nearest sample, never one between two. */
export function percentile(samples: number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Samples as the report tells them. */
export const figures = (samples: number[]): Figures => ({
  p50: round(percentile(samples, 0.5)),
  p99: round(percentile(samples, 0.99)),
  samples: samples.length,
});

interface Measured {
  name: string;
  unit: string;
  ours: number[];
  peer?: { name: string; samples: number[] };
  /** What we hold ourselves to, and how to tell from our figures and the peer's. */
  target?: { text: string; met: (ours: Figures, peer?: Figures) => boolean };
  notes?: string[];
}

/** Samples and their target as one line of the report. */
export function result({ name, unit, ours, peer, target, notes = [] }: Measured): Result {
  const own = figures(ours);
  const other = peer && peer.samples.length > 0 ? { name: peer.name, figures: figures(peer.samples) } : undefined;
  return {
    name,
    unit,
    ours: own,
    ...(other ? { peer: other, ratio: round(own.p50 / other.figures.p50) } : {}),
    ...(target ? { target: { text: target.text, met: target.met(own, other?.figures) } } : {}),
    notes,
  };
}

const said = ({ p50, p99, samples }: Figures, unit: string): string =>
  samples === 1 ? `${p50} ${unit}` : `p50 ${p50} ${unit}, p99 ${p99} ${unit} (${samples} samples)`;

/** A result as lines of text. */
export function tell({ name, unit, ours, peer, ratio, target, notes }: Result): string {
  return [
    name,
    `  sandbox: ${said(ours, unit)}`,
    ...(peer ? [`  ${peer.name}: ${said(peer.figures, unit)}`, `  ratio of the two p50: ${ratio}`] : []),
    ...(target ? [`  target ${target.text}: ${target.met ? 'met' : 'NOT MET'}`] : []),
    ...notes.map((note) => `  ${note}`),
  ].join('\n');
}
