import { SandboxError } from '../model/errors.ts';
import type { Subscription } from '../model/event.ts';
import {
  type Definition,
  isOwnStore,
  type MinioProvider,
  provider,
  type StorageIO,
  splitPath,
} from '../model/service.ts';
import type { Buckets } from './buckets.ts';

/** The buckets of services: made when one is declared, gone with the one that made them. */
export interface Provision {
  /** Throws OSCAR's own sentence when a folder names a store that is not defined, or none that can start a service. */
  check(definition: Definition): void;
  /** Makes the buckets and folders that the service needs; answers those buckets among them that were ever made for it. */
  claim(definition: Definition): Promise<string[]>;
  /** Lets the service listen to its inputs, and to nothing else. */
  listen(definition: Definition): Promise<void>;
  /** The service listens no more; these buckets and everything in them are removed. */
  release(service: string, buckets: string[]): Promise<void>;
}

const rejected = (message: string) => new SandboxError('rejected', message);

export function createProvision(buckets: Buckets): Provision {
  const claim = async (definition: Definition): Promise<string[]> => {
    const owned = new Set<string>();
    const made: string[] = [];
    try {
      for (const path of ownPaths(definition)) {
        const { bucket, folder } = splitPath(path);
        const owner = await ownerOf(buckets, bucket);
        if (owner === undefined) {
          await buckets.create(bucket, { owner: '', from_service: definition.name, owner_name: 'oscar' });
          made.push(bucket);
        }
        if (owner === undefined || owner === definition.name) owned.add(bucket);
        if (folder) await ensureFolder(buckets, bucket, folder);
      }
    } catch (error) {
      for (const bucket of made) await buckets.remove(bucket);
      throw error;
    }
    return [...owned];
  };
  return {
    check: (definition) => check(definition, buckets),
    claim,
    listen: (definition) => buckets.subscribe(definition.name, subscriptions(definition)),
    release: async (service, owned) => {
      await buckets.subscribe(service, []);
      for (const bucket of owned) if (await buckets.tags(bucket)) await buckets.remove(bucket);
    },
  };
}

/** The folders of a definition that lie in the platform's own store, inputs first. */
export function ownPaths({ input, output, mount }: Definition): string[] {
  const mounts = mount.path ? [mount] : [];
  return [...input, ...output, ...mounts].filter(isOwnStore).map((io) => io.path);
}

const subscriptions = ({ name, input }: Definition): Subscription[] =>
  input.filter(isOwnStore).map((io) => {
    const { bucket, folder } = splitPath(io.path);
    // OSCAR: every kind of creation below the folder, whatever `prefix` and `suffix` say (those filter outputs).
    return { bucket, service: name, events: ['s3:ObjectCreated:*'], prefix: folder ? `${folder}/` : '', suffix: '' };
  });

/** The service that the bucket was made for, as it bears on itself; undefined when there is no such bucket. */
async function ownerOf(buckets: Buckets, bucket: string): Promise<string | undefined> {
  const tags = await buckets.tags(bucket);
  return tags && (tags.from_service ?? '');
}

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
