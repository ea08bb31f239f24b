import { SandboxError } from '../model/errors.ts';
import { type Definition, fingerprint, type Service, type Source } from '../model/service.ts';
import type { Store } from '../store/store.ts';
import { type Author, byAdministrator, demandOwn, organised } from './author.ts';
import { createFederating, demandToken, type Federating, probeMembers } from './federate.ts';
import { isolated } from './isolation.ts';
import { normalise } from './normalise.ts';
import type { DeclareParts } from './parts.ts';
import { recover } from './recover.ts';
import { createRemovals } from './removals.ts';
import { makeWay, type RemoveOptions, remove } from './remove.ts';
import { demandPaths, demandRequired, demandRunnable, demandVolume } from './rules.ts';
import type { DefinitionInput } from './schema.ts';
import { type Steering, steer } from './servers.ts';
import { createTurns } from './turns.ts';
import { createVolumes, type Volumes } from './volumes.ts';

/** The one door: everything that changes a service comes through here. Validate, save, nudge. */
export interface Declare {
  /** OSCAR's POST: the name must be new. Throws OSCAR's own sentences. */
  create(input: DefinitionInput, source: Source, by?: Author): Promise<Service>;
  /** OSCAR's PUT: replaces the whole definition; token, namespace and (if none are given) secrets stay. */
  update(input: DefinitionInput, source: Source, by?: Author): Promise<Service>;
  /** Create or update, whichever it is: what files and `apply` do. */
  apply(input: DefinitionInput, source: Source): Promise<Service>;
  /** Stops, starts or begins anew what runs for an exposed service. */
  steer(name: string, what: Steering): Promise<Service>;
  volumes: Volumes;
  federation: Federating;
  /** Removes the service, with all that was kept for it. */
  remove(name: string, options: RemoveOptions): Promise<void>;
  /** Brings to its end what the daemon before did not: call it once, at the start. Never rejects. */
  recover(): Promise<void>;
}

export function createDeclare(parts: DeclareParts): Declare {
  const { services } = parts.store;
  const removals = createRemovals(parts.store.settings);
  const managed = createVolumes(parts);
  const removing = { ...parts, removals, managed };
  const inTurn = createTurns();
  const declaring = (input: DefinitionInput, change: () => Change): Promise<Service> =>
    inTurn(input.name, async () => {
      await makeWay(removing, input.name ?? '');
      return save(removing, change());
    });
  const federation = createFederating(parts, {
    keep: (name, change) => inTurn(name, () => keep(parts, change())),
    remove: (name) => inTurn(name, () => remove(removing, name, { buckets: true })),
  });
  return {
    create: async (input, source, by = byAdministrator) => {
      const service = await declaring(input, () => ({ input, source, by }));
      if (source.kind === 'api') await federation.begin(service, by);
      return service;
    },
    update: (input, source, by = byAdministrator) =>
      declaring(input, () => ({ input, source, by, before: existing(parts, input, by) })),
    apply: (input, source) =>
      declaring(input, () => {
        const before = services.get(input.name ?? '');
        return { input: before ? { owner: 'cluster_admin', ...input } : input, source, by: byAdministrator, before };
      }),
    volumes: managed,
    federation,
    steer: (name, what) => inTurn(name, () => steer(parts, name, what)),
    remove: (name, options) => inTurn(name, () => remove(removing, name, options)),
    recover: () => recover({ ...removing, inTurn }),
  };
}

function existing({ store }: DeclareParts, input: DefinitionInput, by: Author): Service {
  demandRequired(input);
  const service = store.services.get(input.name ?? '');
  if (!service) throw new SandboxError('not-found', `No service is called ${input.name}.`);
  demandOwn(service, by);
  return service;
}

interface Change {
  input: DefinitionInput;
  source: Source;
  by: Author;
  before?: Service;
}

type SaveParts = DeclareParts & { managed: Pick<Volumes, 'attaching'> };

async function save(parts: SaveParts, change: Change): Promise<Service> {
  const { input, before } = change;
  const definition = validated(parts, change);
  if (!before && change.source.kind === 'api') await probeMembers(parts, definition, change.by);
  const given = input.environment?.secrets ?? {};
  const secrets = Object.keys(given).length > 0 ? given : (before?.secrets ?? {});
  const checked = { ...change, definition, secrets };
  if (before) return keep(parts, checked);
  demandNew(parts.store, definition, Object.keys(given).length > 0);
  return parts.managed.attaching(checked, () => keep(parts, checked));
}

/** What is kept as the next version of a service. */
interface Kept extends Pick<Change, 'source' | 'before'> {
  definition: Definition;
  secrets: Record<string, string>;
}

async function keep(parts: DeclareParts, { definition, secrets, source, before }: Kept): Promise<Service> {
  parts.provision.check(definition);
  const owned = await parts.provision.claim(definition, before?.buckets);
  const service = await parts.store.services.save({
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
  await parts.provision.settle(service, before?.definition);
  parts.onDeclared(service);
  parts.nudge();
  return service;
}

/** OSCAR's checks, in OSCAR's order: the first one that fails answers. */
function validated(parts: DeclareParts, { input, by, before }: Change): Definition {
  demandRequired(input);
  const draft = normalise(input, { minio: parts.minio(), person: by.person }, before?.definition);
  demandPaths(draft);
  demandVolume(draft.volume);
  if (before && JSON.stringify(before.definition.volume) !== JSON.stringify(draft.volume)) {
    throw new SandboxError('invalid', 'volume updates are not supported after service creation');
  }
  const definition = isolated(organised(draft, by, before?.definition), before?.definition);
  demandToken(input, before);
  demandRunnable(definition, parts.store.settings.get<string[] | null>('allowed_image_repositories', []) ?? []);
  return definition;
}

function demandNew({ services }: Store, { name, namespace }: Definition, withSecrets: boolean): void {
  const existing = services.get(name);
  if (!existing) return;
  // OSCAR: the secret of that name is met before the service is.
  const nearby = existing.definition.namespace === namespace;
  if (withSecrets && nearby && Object.keys(existing.secrets).length > 0) {
    throw new SandboxError('conflict', 'A secret with the given name already exists');
  }
  throw new SandboxError('invalid', 'A service with the provided name already exists', {
    hint: 'Update it with PUT /system/services, or delete it first.',
  });
}
