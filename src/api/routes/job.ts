import { rm } from 'node:fs/promises';
import { isReserved } from '../../model/person.ts';
import type { Payload } from '../../model/task.ts';
import { admit, isAnswer } from '../admit.ts';
import { empty, text } from '../answer.ts';
import { receive } from '../body.ts';
import type { ApiParts } from '../parts.ts';
import { header } from '../protocol.ts';
import type { Call, Route } from '../route.ts';

/** Asynchronous calls: queued before they are answered. */
export const jobRoutes = (parts: ApiParts): Route[] => [
  {
    method: 'post',
    path: '/job/:serviceName',
    access: 'anyone',
    logged: true,
    handle: async (call) => {
      const service = await admit(call, parts, 401);
      if (isAnswer(service)) return service;
      const id = delegatedId(call);
      if (id !== undefined && !isJobName(id)) return text(400, wrongName(id));
      if (id !== undefined && parts.store.invocations.get(id)) return text(409, `jobs.batch "${id}" already exists`);
      const body = await receive(call.request, { spool: parts.spool, durable: true });
      const uploader = uploaderOf(body);
      const { uid } = call.caller;
      if (uploader && isReserved(uid ?? '')) Object.assign(call.caller, uploader);
      try {
        const job = await parts.invoke.job(service, body, {
          id,
          owner: uid ?? stranger(uploader, parts),
          cameFrom: id === undefined ? undefined : (given(call, 'x-delegated-from') ?? 'elsewhere'),
        });
        // OSCAR: answers 201 with an empty body; the name is ours to add.
        return empty(201, { [header.job]: job.id });
      } catch (error) {
        if ('file' in body) await rm(body.file, { force: true });
        throw error;
      }
    },
  },
];

/** OSCAR: a cluster that delegates a job names it. */
const delegatedId = (call: Call): string | undefined => given(call, 'x-delegated-job-id');

const given = ({ request }: Call, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** The names that Kubernetes takes; a log file is called so too. */
const isJobName = (id: string): boolean =>
  id.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(id);

const wrongName = (id: string): string =>
  `Job.batch "${id}" is invalid: X-Delegated-Job-ID must be at most 63 lower-case letters, digits, "-" and ".".`;

/** Who put the object into its bucket and from where, when the body is an event of a MinIO server. */
function uploaderOf(body: Payload): { user: string; ip: string } | undefined {
  if (!('bytes' in body) || !body.bytes.includes('"principalId"')) return undefined;
  try {
    const event = JSON.parse(body.bytes.toString()) as MinioEvent;
    const { principalId: user, sourceIPAddress: ip } = event.Records?.[0]?.requestParameters ?? {};
    return typeof user === 'string' && typeof ip === 'string' ? { user, ip } : undefined;
  } catch {
    // Any body is a good one: this one is no event.
    return undefined;
  }
}

/** Whoever holds a service's token may write any name into an event: it does not make a job that of a user. */
const stranger = (uploader: { user: string } | undefined, { store }: ApiParts): string | undefined =>
  uploader && store.accounts.secretOf(uploader.user) === undefined && !isReserved(uploader.user)
    ? uploader.user
    : undefined;

interface MinioEvent {
  Records?: { requestParameters?: { principalId?: unknown; sourceIPAddress?: unknown } }[];
}
