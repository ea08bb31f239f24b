import type { Invocation } from '../../model/invocation.ts';
import { mayManage, maySee, type Person } from '../../model/person.ts';
import { type Answer, empty, json, text, textStream } from '../answer.ts';
import { follow, withNewlines } from '../follow.ts';
import { isTrue, seconds } from '../formats.ts';
import { afterOf, pageToken } from '../paging.ts';
import type { ApiParts } from '../parts.ts';
import type { Route } from '../route.ts';

const ofService = '/system/logs/:serviceName';
const ofJob = `${ofService}/:jobName`;
/** OSCAR: JOB_LISTING_LIMIT. */
const pageSize = 70;
/** OSCAR says so where it does not answer nothing. */
const noPermission = text(403, 'You do not have permission to access this service');

/** The jobs of a service, and what each of them printed. */
export function logRoutes(parts: ApiParts): Route[] {
  const { store, invoke } = parts;
  const find = (service = '', id = ''): Invocation | undefined => {
    const invocation = store.services.get(service) && store.invocations.get(id);
    return invocation?.service === service ? invocation : undefined;
  };
  return [
    {
      method: 'get',
      path: ofService,
      access: 'person',
      handle: ({ params, query, person }) => {
        const service = store.services.get(params.serviceName ?? '');
        if (!service) return empty(404);
        if (!maySee(service.definition, person)) return noPermission;
        return listed(parts, service.name, { page: query.get('page') ?? '', ...jobsOf(person) });
      },
    },
    {
      method: 'delete',
      path: ofService,
      access: 'person',
      handle: async ({ params, query, person }) => {
        const service = store.services.get(params.serviceName ?? '');
        if (!service) return empty(404);
        if (!maySee(service.definition, person)) return noPermission;
        // OSCAR: whoever may see a service removes everyone's jobs; here only its owner does.
        const whose = mayManage(service.definition, person) ? {} : { owner: person.uid };
        await invoke.remove(removable(parts, service.name, { all: isTrue(query.get('all')), ...whose }));
        return empty(204);
      },
    },
    {
      method: 'get',
      path: ofJob,
      access: 'person',
      handle: async ({ params, query, gone, person }) => {
        const service = store.services.get(params.serviceName ?? '');
        if (service && !maySee(service.definition, person)) return noPermission;
        const job = find(params.serviceName, params.jobName);
        if (!job) return empty(404);
        const timestamps = isTrue(query.get('timestamps'));
        if (isTrue(query.get('follow'))) return textStream(withNewlines(follow(parts, job, { timestamps, gone })));
        if (job.state === 'Pending' && !(await store.logs.exists(job.service, job.id))) return empty(404);
        return textStream(withNewlines(store.logs.read(job.service, job.id, { timestamps })));
      },
    },
    {
      method: 'delete',
      path: ofJob,
      access: 'person',
      handle: async ({ params, person }) => {
        const service = store.services.get(params.serviceName ?? '');
        if (service && !maySee(service.definition, person)) return noPermission;
        const job = find(params.serviceName, params.jobName);
        if (!service || !job) return empty(404);
        if (!mayManage(service.definition, person) && job.owner !== person.uid) return noPermission;
        await invoke.remove([job.id]);
        return empty(204);
      },
    },
  ];
}

/** OSCAR: users see the jobs that they started, also of a service of their own. */
const jobsOf = ({ kind, uid }: Person): Owned => (kind === 'admin' ? {} : { owner: uid });

interface Owned {
  owner?: string;
}

function listed({ store }: ApiParts, service: string, { page, owner }: Owned & { page: string }): Answer {
  const after = afterOf(page);
  if (after === undefined) return text(400, `invalid continue token: “${page}” is not a next_page of this list`);
  const jobs = store.invocations.page(service, { after, limit: pageSize + 1, owner });
  const shown = jobs.slice(0, pageSize);
  const last = shown.at(-1);
  return json(200, {
    jobs: Object.fromEntries(shown.map((job) => [job.id, entry(job)])),
    // Absent on the last page: an empty one makes the command line fail.
    ...(jobs.length > pageSize && last ? { next_page: pageToken(last.id) } : {}),
  });
}

const entry = ({ state, createdAt, startedAt, finishedAt }: Invocation) => ({
  status: state,
  creation_time: seconds(createdAt),
  ...(startedAt ? { start_time: seconds(startedAt) } : {}),
  ...(finishedAt ? { finish_time: seconds(finishedAt) } : {}),
});

/** The jobs that a deletion means. OSCAR: those with a success, unless all are. */
function removable({ store }: ApiParts, service: string, { all, owner }: Owned & { all: boolean }): string[] {
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const jobs = store.invocations.page(service, { after, limit: 1000, owner });
    const last = jobs.at(-1);
    if (!last) return ids;
    ids.push(...jobs.filter((job) => all || job.state === 'Succeeded').map((job) => job.id));
    after = last.id;
  }
}
