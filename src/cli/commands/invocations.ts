import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '../../api/client.ts';
import type { InvocationView } from '../../api/protocol.ts';
import { SandboxError } from '../../model/errors.ts';
import { argument, type Context, optional, type Run } from '../command.ts';
import { follow, printLog } from '../follow.ts';
import { table } from '../output.ts';

const most = 1000;

/** Prints the log of an invocation, or lists a service's invocations. */
export const logs: Run = async (context) => {
  const { settings, out, connect } = context;
  const service = argument(context, 0);
  const { client } = await connect();
  if (settings.on('all')) return list(context, await client.invocations(service, most));
  const id = optional(context, 1) ?? (await newest(client, service));
  const options = { follow: settings.on('follow'), timestamps: settings.on('timestamps') };
  if (await waits(client, service, id)) {
    out.note(
      `${id} waits for its turn, or for its service: what that lacks is told by \`oscar-sandbox events --recent\`.`,
    );
    if (!options.follow) return 0;
    while (await waits(client, service, id)) await pause(lookMs);
  }
  await printLog(out, await logOf(client, service, id, options), id);
  return 0;
};

const lookMs = 300;

/** A job that waits has no log yet. */
const waits = async (client: Client, service: string, id: string): Promise<boolean> =>
  (await client.invocations(service, most)).find((view) => view.id === id)?.state === 'Pending';

/** OSCAR: a log that is not there is an empty 404. */
const logOf = (client: Client, service: string, id: string, options: { follow: boolean; timestamps: boolean }) =>
  client.log(service, id, options).catch((error: unknown) => {
    if (!(error instanceof SandboxError) || error.code !== 'not-found') throw error;
    throw new SandboxError('not-found', `${service} has no log of ${id}.`, {
      hint: `List its invocations: oscar-sandbox logs ${service} --all`,
      cause: error,
    });
  });

async function newest(client: Client, service: string): Promise<string> {
  const [found] = await client.invocations(service, 1);
  if (found) return found.id;
  if (await client.service(service)) {
    throw new SandboxError('not-found', `${service} has not run yet.`, {
      hint: `Call it: oscar-sandbox run ${service} -i TEXT; a web server is asked at /system/services/${service}/exposed/`,
    });
  }
  throw new SandboxError('not-found', `No service is called ${service}.`, {
    hint: 'List them with `oscar-sandbox services`.',
  });
}

function list({ out }: Context, found: InvocationView[]): number {
  if (out.json) for (const view of found) out.value(view, '');
  else if (found.length === 0) out.note('No invocations.');
  else out.value(found, () => table(['INVOCATION', 'KIND', 'STATE', 'CREATED', 'OBJECT'], found.map(row)));
  return 0;
}

const row = ({ id, kind, state, createdAt, object }: InvocationView) => [id, kind, state, createdAt, object ?? '-'];

/** Runs an invocation again, with the service as it was then or as it is today. */
export const replay: Run = async (context) => {
  const { settings, out, connect } = context;
  const { client } = await connect();
  const version = settings.on('today') ? 'today' : 'then';
  const again = await client.replay(argument(context, 0), version).catch((error) => Promise.reject(hinted(error)));
  if (!settings.on('wait')) {
    out.value(again, again.id);
    return 0;
  }
  out.note(again.id);
  return follow(context, { client, service: again.service, invocation: again.id });
};

/** What the API hints at when there is no such invocation is a path of its own. */
function hinted(error: unknown): unknown {
  if (!(error instanceof SandboxError) || error.code !== 'not-found') return error;
  if (error.hint && !error.hint.startsWith('GET ')) return error;
  return new SandboxError(error.code, error.message, {
    hint: 'List the invocations of a service: oscar-sandbox logs SERVICE --all',
    cause: error,
  });
}
