import { decodeDefinition } from '../../declare/json.ts';
import { asSandboxError } from '../../model/errors.ts';
import { mayManage, maySee, type Person } from '../../model/person.ts';
import { empty, hint, json, text } from '../answer.ts';
import { readBody } from '../body.ts';
import { included } from '../deployments.ts';
import type { ApiParts } from '../parts.ts';
import { prefixed } from '../prefixed.ts';
import type { PersonalCall, Route } from '../route.ts';
import { shown } from '../shown.ts';
import { warned } from './federation.ts';

const source = { kind: 'api' } as const;
const all = '/system/services';
const one = `${all}/:serviceName`;

/** Services: list, read, create, update, delete. */
export function serviceRoutes({ store, declare, buckets, deployments, people }: ApiParts): Route[] {
  const { services } = store;
  const around = () => ({ endpoint: buckets.endpoint(), volumes: store.volumes });
  const author = ({ person, request }: PersonalCall) => ({
    person,
    groups: people.groups,
    authorization: request.headers.authorization,
  });
  return [
    {
      method: 'get',
      path: all,
      access: 'person',
      handle: async ({ query, person }) => {
        const more = await included(query, deployments);
        return json(
          200,
          services
            .list()
            .filter(({ definition }) => maySee(definition, person))
            .map((service) => shown(service, around(), more(service))),
        );
      },
    },
    {
      method: 'post',
      path: all,
      access: 'person',
      handle: async (call) => {
        const { input, unknown } = definitionIn(await readBody(call.request));
        await declare.create(input, source, author(call));
        return empty(201, hint(ignoredKeys(unknown)));
      },
    },
    {
      method: 'put',
      path: all,
      access: 'person',
      handle: async (call) => {
        const { input, unknown } = definitionIn(await readBody(call.request));
        const by = author(call);
        const errors: string[] = [];
        try {
          errors.push(...(await declare.federation.spread(await declare.update(input, source, by), by)));
        } catch (error) {
          if (asSandboxError(error).code === 'not-found') return empty(404);
          throw error;
        }
        if (errors.length > 0) return warned(errors);
        return empty(204, hint(ignoredKeys(unknown)));
      },
    },
    {
      method: 'get',
      path: one,
      access: 'person',
      handle: async ({ params, query, person }) => {
        const complaint = nameComplaint(params.serviceName ?? '');
        if (complaint) return text(400, complaint);
        const service = services.get(params.serviceName ?? '');
        if (!service) return empty(404);
        if (!maySee(service.definition, person)) return text(403, `${who(person)} get this service`);
        const more = await included(query, deployments);
        return json(200, shown(service, around(), more(service)));
      },
    },
    {
      method: 'delete',
      path: one,
      access: 'person',
      handle: async ({ params, query, person }) => {
        const service = services.get(params.serviceName ?? '');
        // OSCAR: only the administrator says where to look.
        const namespace = person.kind === 'admin' && query.get('namespace');
        if (!service || (namespace && namespace !== service.definition.namespace)) return empty(404);
        if (!mayManage(service.definition, person)) return text(403, `${who(person)} delete this service`);
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

/** OSCAR: how its refusals begin. */
const who = ({ uid }: Person): string => `User ${uid} doesn't have permision to`;

const definitionIn = (body: Buffer) =>
  prefixed('The service specification is not valid: ', () => decodeDefinition(body));

const ignoredKeys = (keys: string[]): string | undefined =>
  keys.length > 0 ? `OSCAR does not know these keys, so they do nothing: ${keys.join(', ')}.` : undefined;
