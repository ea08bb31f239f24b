import { type Asked, GoneError } from './answers.ts';
import type { ApiServer } from './apiserver.ts';
import type { Manifest, Where } from './cluster.ts';

/** Objects of one kind, and how they are asked for. */
export interface Listing {
  api: ApiServer;
  where: Where;
  path: string;
  query: Record<string, string>;
  about: Asked;
  signal?: AbortSignal;
}

/** Who set which field is half of an object, and of no use here. */
export function plain(object: Manifest): Manifest {
  if (!('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** A choice of objects as the server takes it. */
export function selected({ labels = {}, fields }: Where): Record<string, string> {
  const labelSelector = Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
  return { ...(labelSelector ? { labelSelector } : {}), ...(fields ? { fieldSelector: fields } : {}) };
}

interface Page {
  metadata: { resourceVersion: string; continue?: string };
  items: Omit<Manifest, 'apiVersion' | 'kind'>[] | null;
}

const pageSize = '500';

/** All objects, and the state of the cluster that they are of; a long list comes in pages. */
export async function listAll(listing: Listing): Promise<{ version: string; items: Manifest[] }> {
  const { api, where, path, query, about, signal } = listing;
  const { apiVersion, kind } = where;
  const items: Manifest[] = [];
  let more = '';
  for (;;) {
    const paged = { ...query, limit: pageSize, ...(more ? { continue: more } : {}) };
    const page = await api
      .json<Page>({ method: 'GET', path, query: paged, about, ...(signal ? { signal } : {}) })
      .catch((error: unknown) => {
        if (more && error instanceof GoneError) return undefined;
        throw error;
      });
    // The rest was asked for too late: all over again.
    if (!page) return listAll(listing);
    // In a list, they do not say what they are.
    items.push(...(page.items ?? []).map((item) => plain({ ...item, apiVersion, kind } as Manifest)));
    more = page.metadata.continue ?? '';
    if (!more) return { version: page.metadata.resourceVersion, items };
  }
}
