import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { limits, type Tally } from './tally.ts';

/** What there is to tell at this moment. */
export interface Moment {
  version: string;
  executor: string;
  services: number;
  /** Jobs that wait, and that run. */
  queue: { Pending: number; Running: number };
  invocations: Tally[];
  /** Requests of services, since they were first declared. */
  requests: { service: string; way: string; count: number }[];
  /** Nothing when the store does not answer. */
  stored?: { buckets: number; objects: number; bytes: number };
}

/** What Prometheus reads, and the type it has. */
export interface Exposition {
  contentType: string;
  text(): Promise<string>;
}

/** The numbers of this program in Prometheus' text; each time it is asked for, `look` tells them anew. */
export function createExposition(look: () => Promise<Moment>): Exposition {
  const registry = new Registry();
  // Its own look at how late timers are would wake an idle program a hundred times a second.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1000 });
  const gauges = gaugesIn(registry);
  const counters = countersIn(registry);
  let tallies: Tally[] = [];
  const durations = new Histogram({
    name: 'oscar_sandbox_invocation_duration_seconds',
    help: 'How long invocations ran that have ended since the start.',
    labelNames: ['service', 'kind', 'state'],
    buckets: limits,
    registers: [registry],
  });
  // They were counted before anyone asked, and before this library was loaded.
  Object.assign(durations, {
    getForPromString: async () => ({ ...described(durations), values: tallies.flatMap(rows) }),
  });
  return {
    contentType: registry.contentType,
    text: async () => {
      const moment = await look();
      tallies = moment.invocations;
      gauges(moment);
      counters(moment);
      return registry.metrics();
    },
  };
}

function gaugesIn(registry: Registry): (moment: Moment) => void {
  const gauge = <T extends string>(name: string, help: string, labelNames: T[] = []) =>
    new Gauge({ name: `oscar_sandbox_${name}`, help, labelNames, registers: [registry] });
  const info = gauge('info', 'Which program this is, and where its services run.', ['version', 'executor']);
  const services = gauge('services', 'Services that are declared.');
  const queue = gauge('jobs', 'Jobs that wait (pending), and that run (running).', ['state']);
  const buckets = gauge('buckets', 'Buckets in the store.');
  const objects = gauge('objects', 'Current objects in all buckets.');
  const size = gauge('object_bytes', 'What the current objects of all buckets hold.');
  return ({ version, executor, queue: { Pending, Running }, stored, ...moment }) => {
    info.set({ version, executor }, 1);
    services.set(moment.services);
    queue.set({ state: 'pending' }, Pending);
    queue.set({ state: 'running' }, Running);
    for (const one of [buckets, objects, size]) one.remove();
    if (!stored) return;
    buckets.set(stored.buckets);
    objects.set(stored.objects);
    size.set(stored.bytes);
  };
}

function countersIn(registry: Registry): (moment: Moment) => void {
  const invocations = new Counter({
    name: 'oscar_sandbox_invocations_total',
    help: 'Invocations that have ended since the start.',
    labelNames: ['service', 'kind', 'state'],
    registers: [registry],
  });
  const requests = new Counter({
    name: 'oscar_sandbox_requests_total',
    help: 'Requests of services: run, job (events count as such), exposed.',
    labelNames: ['service', 'kind'],
    registers: [registry],
  });
  return (moment) => {
    invocations.reset();
    for (const { service, kind, state, count } of moment.invocations) {
      invocations.inc({ service, kind, state: state.toLowerCase() }, count);
    }
    requests.reset();
    for (const { service, way, count } of moment.requests) requests.inc({ service, kind: kinds[way] ?? way }, count);
  };
}

const kinds: Record<string, string> = { sync: 'run', async: 'job' };

const described = (metric: Histogram): object => {
  const { name, help } = metric as unknown as { name: string; help: string };
  return { name, help, type: 'histogram', aggregator: 'sum' };
};

/** A histogram's lines. */
function rows({ service, kind, state, count, seconds, within }: Tally) {
  const labels = { service, kind, state: state.toLowerCase() };
  const name = 'oscar_sandbox_invocation_duration_seconds';
  return [
    ...limits.map((le, index) => ({
      metricName: `${name}_bucket`,
      labels: { le, ...labels },
      value: within[index] ?? 0,
    })),
    { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: count },
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
