import { countOf, type Figures, usersOf } from './figures.ts';
import { exposedLogs, hoursSource, requestLogs, type Source } from './sources.ts';
import type { Asking } from './span.ts';

interface Meaning {
  value(figures: Figures): number;
  unit?: 'hours';
  source(asking: Asking): Source;
}

/** What can be asked about one service, in OSCAR's order. */
const meanings: Record<string, Meaning> = {
  'cpu-hours': { value: ({ hours }) => hours.cpu, unit: 'hours', source: hoursSource },
  'gpu-hours': { value: ({ hours }) => hours.gpu, unit: 'hours', source: hoursSource },
  'requests-sync-per-service': { value: ({ calls }) => countOf(calls, 'sync'), source: () => requestLogs },
  'requests-async-per-service': { value: ({ calls }) => countOf(calls, 'async'), source: () => requestLogs },
  'requests-exposed-per-service': { value: ({ exposed }) => countOf(exposed), source: () => exposedLogs },
  'users-per-service': { value: ({ calls }) => usersOf(calls).length, source: () => requestLogs },
};

const keys = Object.keys(meanings);
/** OSCAR has names for them, and no answer. */
const unsupported = ['services-count', 'requests-per-user', 'countries-count', 'countries-list'];

/** What is wrong with the name of a metric, if something is. */
export function wrongMetric(metric: string): string | undefined {
  if (keys.includes(metric)) return undefined;
  return unsupported.includes(metric) ? 'unsupported metric for value query' : 'invalid metric key';
}

/** One metric of a service. */
export const metricOf = (asking: Asking, figures: Figures, { service, metric }: Question): object => ({
  service_id: service,
  metric,
  start: asking.start,
  end: asking.end,
  ...told(metric, asking, figures),
});

export interface Question {
  service: string;
  metric: string;
}

/** Every metric of a service. */
export const metricsOf = (asking: Asking, figures: Figures, service: string): object => ({
  service_name: service,
  start: asking.start,
  end: asking.end,
  metrics: keys.map((metric) => ({ metric, ...told(metric, asking, figures) })),
});

function told(metric: string, asking: Asking, figures: Figures): object {
  const meaning = meanings[metric];
  if (!meaning) return {};
  const { value, unit, source } = meaning;
  return { value: value(figures), ...(unit ? { unit } : {}), sources: [source(asking)] };
}
