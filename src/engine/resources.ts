import { SandboxError } from '../model/errors.ts';
import type { ApiServer } from './apiserver.ts';

interface Kind {
  apiVersion: string;
  kind: string;
}

/** How objects of a kind are asked for. */
export interface Resource {
  namespaced: boolean;
  /** `/api/v1/namespaces/default/pods/web`; without a name, all of them. */
  path(at: { namespace?: string | undefined; name?: string }): string;
}

interface Listed {
  name: string;
  kind: string;
  namespaced: boolean;
}

/** Finds out how an API server calls the objects of a kind; what it has said once is remembered. */
export function createResources(api: ApiServer) {
  const known = new Map<string, Promise<Listed[]>>();
  const ask = (apiVersion: string): Promise<Listed[]> => {
    const asked = listed(api, apiVersion);
    known.set(apiVersion, asked);
    asked.catch(() => known.delete(apiVersion));
    return asked;
  };
  const find = async ({ apiVersion, kind }: Kind): Promise<Resource | undefined> => {
    const fits = (one: Listed) => one.kind === kind;
    // A kind may have come since.
    const found =
      (await known.get(apiVersion)?.catch(() => undefined))?.find(fits) ?? (await ask(apiVersion)).find(fits);
    return found && resourceOf(apiVersion, found);
  };
  return {
    /** Undefined when the cluster has no such kind. */
    find,
    /** Throws `not-found` when the cluster has no such kind. */
    get: async (wanted: Kind): Promise<Resource> => {
      const found = await find(wanted);
      if (found) return found;
      throw new SandboxError('not-found', `The cluster has no ${wanted.kind} of ${wanted.apiVersion}.`, {
        hint: 'What brings this kind is not installed there, or in another version.',
      });
    },
  };
}

const rootOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;

async function listed(api: ApiServer, apiVersion: string): Promise<Listed[]> {
  const about = { verb: 'list', kind: `the kinds of ${apiVersion}` };
  try {
    const { resources } = await api.json<{ resources: Listed[] }>({ method: 'GET', path: rootOf(apiVersion), about });
    // `pods/log` is a part of a pod.
    return resources.filter(({ name }) => !name.includes('/'));
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'not-found') return [];
    throw error;
  }
}

const resourceOf = (apiVersion: string, { name: plural, namespaced }: Listed): Resource => ({
  namespaced,
  path: ({ namespace, name }) =>
    [
      rootOf(apiVersion),
      ...(namespaced && namespace ? ['namespaces', encodeURIComponent(namespace)] : []),
      plural,
      ...(name === undefined ? [] : [encodeURIComponent(name)]),
    ].join('/'),
});
