import type { Exposition, Moment } from '../metrics/prometheus.ts';
import { createTallies } from '../metrics/tally.ts';
import type { ApiParts } from '../parts.ts';
import type { Route } from '../route.ts';

/** What Prometheus asks for; the administrator's name and password let it in. */
export function prometheusRoutes(parts: ApiParts): Route[] {
  const tallies = createTallies();
  parts.happenings.subscribe(tallies.hear);
  const stored = createCount(parts);
  const look = async (): Promise<Moment> => {
    const { store, platform } = parts;
    const { Pending, Running } = store.invocations.counts();
    return {
      version: platform.version,
      executor: parts.status().executor,
      services: store.services.list().length,
      queue: { Pending, Running },
      invocations: tallies.list(),
      requests: store.usage.totals(),
      ...(await stored()),
    };
  };
  // The library is large, and most sandboxes are never asked.
  let exposition: Promise<Exposition> | undefined;
  return [
    {
      method: 'get',
      path: '/metrics',
      access: 'admin',
      handle: async () => {
        exposition ??= import('../metrics/prometheus.ts').then(({ createExposition }) => createExposition(look));
        const { contentType, text } = await exposition;
        return { status: 200, headers: { 'Content-Type': contentType }, body: await text() };
      },
    },
  ];
}

/** How long what was counted is told again, where each object has to be looked at to count it. */
const keptMs = 60_000;

function createCount(parts: ApiParts): () => Promise<Pick<Moment, 'stored'>> {
  let last: { at: number; count: Promise<Pick<Moment, 'stored'>> } | undefined;
  return () => {
    const isKept = last && parts.status().objects !== 'embedded' && parts.now() - last.at < keptMs;
    if (!last || !isKept) last = { at: parts.now(), count: storedIn(parts) };
    return last.count;
  };
}

async function storedIn({ buckets, log }: ApiParts): Promise<Pick<Moment, 'stored'>> {
  try {
    const all = await buckets.list();
    const sum = (of: 'objects' | 'bytes') => all.reduce((total, bucket) => total + bucket[of], 0);
    return { stored: { buckets: all.length, objects: sum('objects'), bytes: sum('bytes') } };
  } catch (error) {
    log.debug('the objects could not be counted', { error: String(error) });
    return {};
  }
}
