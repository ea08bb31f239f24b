import { json } from '../answer.ts';
import { seconds } from '../formats.ts';
import { clusterOf, requestsOf } from '../metrics/cluster.ts';
import { oversees } from '../overseer.ts';
import type { ApiParts } from '../parts.ts';
import type { Route } from '../route.ts';

/** How the platform is doing: the machine as its one node, the jobs, the objects. */
export function statusRoutes(parts: ApiParts): Route[] {
  const { machine, people, now } = parts;
  const startedAt = now();
  return [
    {
      method: 'get',
      path: '/system/status',
      access: 'person',
      handle: async ({ person }) => {
        const all = oversees(person, people);
        const [found, requests, minio] = await Promise.all([
          machine(),
          requestsOf(parts),
          all ? stored(parts) : { buckets_count: 0, total_objects: 0 },
        ]);
        const jobs = all ? jobsOf(parts) : { jobs_count: 0, pods: { total: 0, states: {} } };
        const oidc = { enabled: people.issuers.length > 0, issuers: people.issuers, groups: people.groups };
        return json(200, {
          cluster: clusterOf(found, requests),
          oscar: { deployment_name: 'oscar', ready: true, deployment: deployed(startedAt), ...jobs, oidc },
          minio,
        });
      },
    },
  ];
}

/** The program itself is what OSCAR's deployment is in a cluster. */
const deployed = (startedAt: number) => ({
  available_replicas: 1,
  ready_replicas: 1,
  replicas: 1,
  creation_timestamp: seconds(startedAt),
  strategy: 'RollingUpdate',
  labels: { app: 'oscar' },
});

function jobsOf({ store }: ApiParts) {
  const { Pending, Running, Succeeded, Failed } = store.invocations.counts();
  const total = Pending + Running + Succeeded + Failed;
  return { jobs_count: total, pods: { total, states: { Pending, Running, Succeeded, Failed, Unknown: 0 } } };
}

/** OSCAR looks at so many objects of each bucket, and counts those that have something in them. */
const looked = 1000;

async function stored({ buckets, log }: ApiParts) {
  try {
    const names = (await buckets.list()).map(({ name }) => name);
    const pages = await Promise.all(names.map((name) => buckets.objects(name, { limit: looked })));
    const filled = pages.flatMap(({ objects }) => objects).filter(({ size }) => size > 0);
    return { buckets_count: names.length, total_objects: filled.length };
  } catch (error) {
    // OSCAR: the status is told without a store that does not answer; a bucket may also go while it is looked at.
    log.debug('the objects could not be counted', { error: String(error) });
    return { buckets_count: 0, total_objects: 0 };
  }
}
