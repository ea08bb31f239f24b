import { SandboxError } from '../model/errors.ts';
import { type Definition, fingerprint, type Service, type Source } from '../model/service.ts';
import type { Store } from '../store/store.ts';
import { normalise } from './normalise.ts';
import type { DeclareParts } from './parts.ts';
import { recover } from './recover.ts';
import { createRemovals } from './removals.ts';
import { makeWay, type RemoveOptions, remove } from './remove.ts';
import { demandPaths, demandRequired, demandRunnable, demandVolume } from './rules.ts';
import type { DefinitionInput } from './schema.ts';

/** The one door: everything that changes a service comes through here. Validate, save, nudge. */
export interface Declare {
  /** OSCAR's POST: the name must be new. Throws OSCAR's own sentences. */
  create(input: DefinitionInput, source: Source): Promise<Service>;
  /** OSCAR's PUT: replaces the whole definition; token, namespace and (if none are given) secrets stay. */
  update(input: DefinitionInput, source: Source): Promise<Service>;
  /** Create or update, whichever it is: what files and `apply` do. */
  apply(input: DefinitionInput, source: Source): Promise<Service>;
  /** Removes the service, with all that was kept for it. */
  remove(name: string, options: RemoveOptions): Promise<void>;
  /** Brings to its end what the daemon before did not: call it once, at the start. Never rejects. */
  recover(): Promise<void>;
}

const namespace = 'oscar-svc';

export function createDeclare(parts: DeclareParts): Declare {
  const { services } = parts.store;
  const removals = createRemovals(parts.store.settings);
  const removing = { ...parts, removals };
  const inTurn = createTurns();
  const declaring = (input: DefinitionInput, change: () => Change): Promise<Service> =>
    inTurn(input.name, async () => {
      await makeWay(removing, input.name ?? '');
      return save(parts, change());
    });
  return {
    create: (input, source) => declaring(input, () => ({ input, source })),
    update: (input, source) => declaring(input, () => ({ input, source, before: existing(parts, input) })),
    apply: (input, source) =>
      declaring(input, () => {
        const before = services.get(input.name ?? '');
        return { input: before ? { owner: 'cluster_admin', ...input } : input, source, before };
      }),
    remove: (name, options) => inTurn(name, () => remove(removing, name, options)),
    recover: () => recover({ ...removing, inTurn }),
  };
}

/** Changes of one name one after the other. */
function createTurns() {
  const turns = new Map<string, Promise<unknown>>();
  return <T>(name: string | undefined, work: () => Promise<T>): Promise<T> => {
    const key = name ?? '';
    const mine = (turns.get(key) ?? Promise.resolve()).then(work, work);
    turns.set(key, mine);
    const done = () => void (turns.get(key) === mine && turns.delete(key));
    mine.then(done, done);
    return mine;
  };
}

function existing({ store }: DeclareParts, input: DefinitionInput): Service {
  demandRequired(input);
  const service = store.services.get(input.name ?? '');
  if (!service) throw new SandboxError('not-found', `No service is called ${input.name}.`);
  return service;
}

interface Change {
  input: DefinitionInput;
  source: Source;
  before?: Service;
}

async function save(parts: DeclareParts, { input, source, before }: Change): Promise<Service> {
  const { store } = parts;
  const definition = validated(parts, input, before);
  const given = input.environment?.secrets ?? {};
  const secrets = Object.keys(given).length > 0 ? given : (before?.secrets ?? {});
  if (!before) demandNew(store, definition.name, Object.keys(given).length > 0);
  parts.provision.check(definition);
  const owned = await parts.provision.claim(definition);
  const service = await store.services.save({
    name: definition.name,
    fingerprint: fingerprint(definition, secrets),
    definition,
    secrets,
    source,
    buckets: [...new Set([...(before?.buckets ?? []), ...owned])],
    warnings: before?.warnings ?? [],
    declaredAt: parts.now(),
  });
  // Only now: as long as the version before is the one that is kept, it is also the one that listens.
  await parts.provision.listen(definition);
  parts.onDeclared(service);
  parts.nudge();
  return service;
}

/** OSCAR's checks, in OSCAR's order: the first one that fails answers. */
function validated(parts: DeclareParts, input: DefinitionInput, before: Service | undefined): Definition {
  demandRequired(input);
  const definition = normalise(input, { minio: parts.minio(), namespace }, before?.definition);
  demandPaths(definition);
  demandVolume(definition.volume);
  if (before && JSON.stringify(before.definition.volume) !== JSON.stringify(definition.volume)) {
    throw new SandboxError('invalid', 'volume updates are not supported after service creation');
  }
  demandFederation(input, before);
  demandRunnable(definition, parts.store.settings.get<string[] | null>('allowed_image_repositories', []) ?? []);
  return definition;
}

function demandFederation(input: DefinitionInput, before: Service | undefined): void {
  if (!input.federation?.members?.length) return;
  if (input.environment?.secrets?.refresh_token || before?.secrets.refresh_token) return;
  throw new SandboxError('invalid', 'refresh_token secret is required for federated services');
}

function demandNew({ services }: Store, name: string, withSecrets: boolean): void {
  const existing = services.get(name);
  if (!existing) return;
  // OSCAR: the secret of that name is met before the service is.
  if (withSecrets && Object.keys(existing.secrets).length > 0) {
    throw new SandboxError('conflict', 'A secret with the given name already exists');
  }
  throw new SandboxError('invalid', 'A service with the provided name already exists', {
    hint: 'Update it with PUT /system/services, or delete it first.',
  });
}
