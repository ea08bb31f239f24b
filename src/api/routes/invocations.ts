import { decodeJson } from '../../declare/decode.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Invocation } from '../../model/invocation.ts';
import type { Store } from '../../store/store.ts';
import { json } from '../answer.ts';
import { readBody } from '../body.ts';
import type { ApiParts } from '../parts.ts';
import type { InvocationView } from '../protocol.ts';
import type { Route } from '../route.ts';

const all = '/sandbox/invocations';

/** What ran, and running it again: the sandbox's own routes. */
export function invocationRoutes({ store, invoke }: ApiParts): Route[] {
  const found = (id = ''): Invocation => {
    const invocation = store.invocations.get(id);
    if (invocation) return invocation;
    throw new SandboxError('not-found', `There is no invocation ${id}.`, {
      hint: 'GET /sandbox/invocations lists those that are kept.',
    });
  };
  return [
    {
      method: 'get',
      path: all,
      access: 'admin',
      handle: ({ query }) => {
        const wanted = Number(query.get('limit') ?? '');
        const limit = Number.isInteger(wanted) && wanted >= 1 ? Math.min(wanted, 1000) : 50;
        const recent = store.invocations.recent({ service: query.get('service') || undefined, limit });
        return json(
          200,
          recent.map((invocation) => view(invocation, store)),
        );
      },
    },
    {
      method: 'get',
      path: `${all}/:id`,
      access: 'admin',
      handle: ({ params }) => json(200, view(found(params.id), store)),
    },
    {
      method: 'post',
      path: `${all}/:id/replay`,
      access: 'admin',
      handle: async ({ request, params }) => {
        const { id } = found(params.id);
        return json(201, view(await invoke.replay(id, versionIn(await readBody(request))), store));
      },
    },
  ];
}

/** How an invocation is asked to run again. */
export const replayShape = { version: 'string' } as const;

function versionIn(body: Buffer): 'then' | 'today' {
  const version = body.length === 0 ? 'then' : (decodeJson(body, replayShape).value.version ?? 'then');
  if (version === 'then' || version === 'today') return version;
  throw new SandboxError('invalid', `“${version}” is no version to replay on: write then or today.`);
}

const time = (ms: number): string => new Date(ms).toISOString();

function view(
  { createdAt, startedAt, finishedAt, pinned: _, owner: __, ...rest }: Invocation,
  store: Store,
): InvocationView {
  const event = rest.eventId ? store.events.get(rest.eventId) : undefined;
  return {
    ...rest,
    ...(event ? { object: `${event.bucket}/${event.key}` } : {}),
    createdAt: time(createdAt),
    ...(startedAt ? { startedAt: time(startedAt) } : {}),
    ...(finishedAt ? { finishedAt: time(finishedAt) } : {}),
  };
}
