import { ruleOf } from '../model/bucketrule.ts';
import { SandboxError } from '../model/errors.ts';
import type { Subscription } from '../model/event.ts';
import { isolatedBuckets } from '../model/isolation.ts';
import {
  type Definition,
  isOwnStore,
  type MinioProvider,
  provider,
  type Service,
  type StorageIO,
  splitPath,
} from '../model/service.ts';
import type { BucketRules } from '../store/bucketrules.ts';
import type { Buckets } from './buckets.ts';
import { demandUsable, isItsOwn, leftOut, needs, shares, tagsOf } from './sharing.ts';

/** The buckets of services: made when one is declared, gone with the one that made them. */
export interface Provision {
  /** Throws OSCAR's own sentence when a folder names a store that is not defined, or none that can start a service. */
  check(definition: Definition): void;
  /**
   * Makes the buckets and folders that the service needs; answers those buckets among them that were ever made for it.
   * `had` are those of its version before.
   */
  claim(definition: Definition, had?: readonly string[]): Promise<string[]>;
  /** Lets the service listen to its inputs, and to nothing else. */
  listen(definition: Definition): Promise<void>;
  /** Lets those into its buckets who may use the service; removes those of users that it is not for any more. */
  settle(service: Service, before?: Definition): Promise<void>;
  /** The service listens no more; these buckets and everything in them are removed. */
  release(service: string, buckets: string[]): Promise<void>;
}

const rejected = (message: string) => new SandboxError('rejected', message);

export function createProvision(buckets: Buckets, rules: BucketRules): Provision {
  const claim = async (definition: Definition, had: readonly string[] = []): Promise<string[]> => {
    const owned = new Set<string>();
    const made: string[] = [];
    try {
      for (const { bucket, folder, uid } of needs(definition)) {
        const tags = await buckets.tags(bucket);
        if (!tags) {
          await buckets.create(bucket, tagsOf(definition, uid));
          made.push(bucket);
        } else if (!had.includes(bucket) || tags.from_service !== definition.name) {
          demandUsable({ definition, bucket, uid }, ruleOf(tags, rules.get(bucket)));
        }
        if (!tags || isItsOwn(definition, tags)) owned.add(bucket);
        if (folder) await ensureFolder(buckets, bucket, folder);
      }
    } catch (error) {
      for (const bucket of made) await buckets.remove(bucket);
      throw error;
    }
    return [...owned];
  };
  const remove = async (bucket: string, service: string) => {
    const tags = await buckets.tags(bucket);
    // Somebody removed the one that was made for the service, and made one of that name for themselves.
    if (tags?.owner && tags.from_service !== service) return;
    if (tags) await buckets.remove(bucket);
    if (rules.get(bucket)) await rules.forget(bucket);
  };
  return {
    check: (definition) => check(definition, buckets),
    claim,
    listen: (definition) => buckets.subscribe(definition.name, subscriptions(definition)),
    settle: async (service, before) => {
      for (const bucket of leftOut(service, before)) await remove(bucket, service.name);
      for (const [bucket, rule] of shares(service, before)) {
        if (rule) await rules.set(bucket, rule);
        else if (rules.get(bucket)) await rules.forget(bucket);
      }
      await buckets.usersChanged();
    },
    release: async (service, owned) => {
      await buckets.subscribe(service, []);
      for (const bucket of owned) await remove(bucket, service);
      await buckets.usersChanged();
    },
  };
}

const subscriptions = (definition: Definition): Subscription[] => {
  const { name, input } = definition;
  return [...input.filter(isOwnStore).map((io) => splitPath(io.path)), ...isolatedBuckets(definition)].map(
    // OSCAR: every kind of creation below the folder, whatever `prefix` and `suffix` say (those filter outputs).
    ({ bucket, folder }) => ({
      bucket,
      service: name,
      events: ['s3:ObjectCreated:*'],
      prefix: folder ? `${folder}/` : '',
      suffix: '',
    }),
  );
};

async function ensureFolder(buckets: Buckets, bucket: string, folder: string): Promise<void> {
  const marker = `${folder}/`;
  const { objects } = await buckets.objects(bucket, { prefix: marker, limit: 1 });
  if (objects[0]?.key === marker) return;
  await buckets.put(bucket, marker, { bytes: Buffer.alloc(0) }, { contentType: 'application/octet-stream' });
}

function check(definition: Definition, buckets: Buckets): void {
  for (const io of definition.input) checkInput(io, definition, buckets);
  for (const io of definition.output) defined(io, definition);
  if (definition.mount.path && definition.mount.options && !/^[a-zA-Z0-9\-_.:=,/ ]+$/.test(definition.mount.options)) {
    throw rejected('mount options contain invalid characters');
  }
}

function checkInput(io: StorageIO, definition: Definition, buckets: Buckets): void {
  const { type, id } = provider(io.storage_provider);
  if (!['minio', 'webdav', 'rucio'].includes(type)) {
    throw new SandboxError('invalid', 'unrecognized input (valid inputs are MinIO and dCache)');
  }
  defined(io, definition);
  if (type !== 'minio' || id === 'default') return;
  const given = definition.storage_providers.minio?.[id];
  if (given && !isThisStore(given, buckets)) {
    throw rejected(`the provided MinIO server "${given.endpoint}" is not the configured in OSCAR`);
  }
}

function isThisStore(given: MinioProvider, buckets: Buckets): boolean {
  const own = buckets.endpoint();
  return given.endpoint === own.url && given.access_key === own.accessKey && given.secret_key === own.secretKey;
}

function defined(io: StorageIO, { storage_providers: providers }: Definition): void {
  const { type, id } = provider(io.storage_provider);
  const known = providers[type as keyof typeof providers];
  if (known && id in known) return;
  throw rejected(`the StorageProvider "${type}.${id}" is not defined`);
}
