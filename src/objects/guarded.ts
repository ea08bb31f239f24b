import { rightOf, ruleOf } from '../model/bucketrule.ts';
import { SandboxError } from '../model/errors.ts';
import { isReserved } from '../model/person.ts';
import { type Definition, isOwnStore, splitPath } from '../model/service.ts';
import type { Store } from '../store/store.ts';
import type { Buckets, ObjectRef } from './buckets.ts';

type Known = Pick<Store, 'services' | 'accounts' | 'bucketRules'>;

/** For runs that fetch their object themselves. */
export interface Guarded extends Buckets {
  /** Throws when the reader may not read it. */
  demandReadable(ref: ObjectRef): Promise<void>;
}

/**
 * The store as the runs of services see it: what the owner of a service may not use, its runs may not either; and a
 * caller who makes up an event cannot have a service read for them what they may not read themselves.
 */
export function guarded(buckets: Buckets, known: Known): Guarded {
  const demand = async (service: string | undefined, bucket: string, ref?: ObjectRef) => {
    // Where there is the administrator alone, everything is theirs.
    if (known.accounts.all().length === 0) return;
    const tags = await buckets.tags(bucket);
    if (tags && !mayUse({ known, service, bucket, tags }, ref)) throw refused(service, bucket);
  };
  return {
    ...buckets,
    demandReadable: (ref) => demand(ref.reader, ref.bucket, ref),
    fetch: async (ref, file) => {
      await demand(ref.reader, ref.bucket, ref);
      return buckets.fetch(ref, file);
    },
    put: async (bucket, key, content, options) => {
      await demand(options.writer, bucket);
      return buckets.put(bucket, key, content, options);
    },
    delete: async (bucket, key, options) => {
      await demand(options.writer, bucket);
      return buckets.delete(bucket, key, options);
    },
  };
}

interface Use {
  known: Known;
  service: string | undefined;
  bucket: string;
  tags: Record<string, string>;
}

function mayUse({ known, service, bucket, tags }: Use, ref: ObjectRef | undefined): boolean {
  const { definition, buckets = [] } = (service && known.services.get(service)) || {};
  if (!definition) return false;
  const rule = ruleOf(tags, known.bucketRules.get(bucket));
  const may = (uid: string) => isReserved(uid) || rightOf(rule, uid) !== undefined;
  // What was made for it may be another user's, whose files it works on.
  const isItsOwn = buckets.includes(bucket) && tags.from_service === service;
  if (!isItsOwn && !may(definition.owner)) return false;
  const isMadeUp = ref !== undefined && ref.eventId === undefined;
  if (!isMadeUp) return true;
  // Nobody knows who has the token of a service: it is good for what the service names.
  return ref.caller === undefined ? isDeclared(definition, bucket) || rule?.visibility === 'public' : may(ref.caller);
}

const isDeclared = ({ input, output, mount }: Definition, bucket: string): boolean =>
  [...input, ...output, mount].some((io) => isOwnStore(io) && splitPath(io.path).bucket === bucket);

const refused = (service: string | undefined, bucket: string) =>
  new SandboxError('forbidden', `${service ?? 'Nobody'} may not use the bucket ${bucket}.`, {
    hint: 'The bucket belongs to someone else: its owner can make it public, or name the owner of the service in it.',
  });
