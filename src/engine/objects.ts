import { SandboxError } from '../model/errors.ts';
import type { ApiServer, Question } from './apiserver.ts';
import type { Cluster, Manifest, Ref, Where } from './cluster.ts';
import { type Listing, listAll, plain, selected } from './listing.ts';
import { createResources } from './resources.ts';

/** Who set a field, as the cluster remembers it; a field that a kind does not have is refused. */
const strict = { fieldManager: 'oscar-sandbox', fieldValidation: 'Strict' };

// JSON is YAML, too.
const applying = {
  method: 'PATCH',
  query: { ...strict, force: 'true' },
  type: 'application/apply-patch+yaml',
} as const;

type Objects = Pick<Cluster, 'apply' | 'create' | 'get' | 'list' | 'remove'> & {
  /** How objects are asked for; throws `not-found` when the cluster has no such kind. */
  listing(where: Where): Promise<Listing>;
};

/** Keeps objects of any kind in a cluster; `usual` is the namespace that is meant when none is named. */
export function createObjects(api: ApiServer, usual: string): Objects {
  const resources = createResources(api);
  const one = async (verb: string, { namespace = usual, ...ref }: Ref): Promise<Asking | undefined> => {
    const resource = await resources.find(ref);
    if (!resource) return undefined;
    const { kind, name } = ref;
    const about = { verb, kind, name, ...(resource.namespaced ? { namespace } : {}) };
    return { path: resource.path({ namespace, name }), about };
  };
  const store = async (object: Manifest, verb: 'apply' | 'create') => {
    const { namespaced, path } = await resources.get(object);
    const { namespace = usual, name } = object.metadata;
    const about = { verb, kind: object.kind, name, ...(namespaced ? { namespace } : {}) };
    const how = verb === 'apply' ? applying : ({ method: 'POST', query: strict } as const);
    const at = path(verb === 'apply' ? { namespace, name } : { namespace });
    return plain(await api.json<Manifest>({ ...how, path: at, body: plain(object), about }));
  };
  const listing = async (where: Where) => {
    const { kind, namespace } = where;
    const path = (await resources.get(where)).path({ namespace });
    return { api, where, path, query: selected(where), about: { verb: 'list', kind, namespace } };
  };
  return {
    listing,
    apply: (object) => store(object, 'apply'),
    create: (object) => store(object, 'create'),
    get: async (ref) => {
      const found = await one('get', ref);
      return found && orUndefined(api.json<Manifest>({ method: 'GET', ...found }).then(plain));
    },
    list: async (where) => (await listAll(await listing(where))).items,
    remove: async (ref) => {
      const found = await one('delete', ref);
      const query = { propagationPolicy: 'Background' };
      if (found) await orUndefined(api.json({ method: 'DELETE', query, ...found }));
    },
  };
}

type Asking = Pick<Question, 'path' | 'about'>;

async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'not-found') return undefined;
    throw error;
  }
}
