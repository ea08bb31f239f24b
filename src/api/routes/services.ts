import { decodeDefinition } from '../../declare/json.ts';
import { asSandboxError } from '../../model/errors.ts';
import { empty, hint, json, text } from '../answer.ts';
import { readBody } from '../body.ts';
import type { ApiParts } from '../parts.ts';
import { prefixed } from '../prefixed.ts';
import type { Route } from '../route.ts';
import { shown } from '../shown.ts';

const source = { kind: 'api' } as const;
const all = '/system/services';
const one = `${all}/:serviceName`;

/** Services: list, read, create, update, delete. */
export function serviceRoutes({ store, declare, buckets }: ApiParts): Route[] {
  const { services } = store;
  return [
    {
      method: 'get',
      path: all,
      access: 'admin',
      handle: () =>
        json(
          200,
          services.list().map((service) => shown(service, buckets.endpoint())),
        ),
    },
    {
      method: 'post',
      path: all,
      access: 'admin',
      handle: async ({ request }) => {
        const { input, unknown } = definitionIn(await readBody(request));
        await declare.create(input, source);
        return empty(201, hint(ignoredKeys(unknown)));
      },
    },
    {
      method: 'put',
      path: all,
      access: 'admin',
      handle: async ({ request }) => {
        const { input, unknown } = definitionIn(await readBody(request));
        try {
          await declare.update(input, source);
        } catch (error) {
          if (asSandboxError(error).code === 'not-found') return empty(404);
          throw error;
        }
        return empty(204, hint(ignoredKeys(unknown)));
      },
    },
    {
      method: 'get',
      path: one,
      access: 'admin',
      handle: ({ params }) => {
        const complaint = nameComplaint(params.serviceName ?? '');
        if (complaint) return text(400, complaint);
        const service = services.get(params.serviceName ?? '');
        return service ? json(200, shown(service, buckets.endpoint())) : empty(404);
      },
    },
    {
      method: 'delete',
      path: one,
      access: 'admin',
      handle: async ({ params, query }) => {
        const service = services.get(params.serviceName ?? '');
        const namespace = query.get('namespace');
        if (!service || (namespace && namespace !== service.definition.namespace)) return empty(404);
        await declare.remove(service.name, { buckets: true });
        return empty(204);
      },
    },
  ];
}

/** What OSCAR says about a name in a path that no service can have. */
export function nameComplaint(name: string): string | undefined {
  if (name.trim() === '') return 'serviceName is required';
  const known = name.length <= 63 && /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name);
  return known ? undefined : 'invalid serviceName';
}

const definitionIn = (body: Buffer) =>
  prefixed('The service specification is not valid: ', () => decodeDefinition(body));

const ignoredKeys = (keys: string[]): string | undefined =>
  keys.length > 0 ? `OSCAR does not know these keys, so they do nothing: ${keys.join(', ')}.` : undefined;
