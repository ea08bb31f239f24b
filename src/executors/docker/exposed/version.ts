import { basename } from 'node:path';
import type { Container, Image } from '../../../engine/engine.ts';
import type { Service } from '../../../model/service.ts';
import { serviceVariables } from '../../workspace/variables.ts';
import { pack } from '../tarball.ts';
import { createCrowd } from './crowd.ts';
import type { Files } from './files.ts';
import { createFooting, type Footing } from './footing.ts';
import { healthPath } from './health.ts';
import { createInstance, type Instance } from './instance.ts';
import { filesOf, type Names } from './names.ts';
import type { ExposedParts } from './parts.ts';
import { createScale } from './scale.ts';
import { bareSpec, CONFIG, type Mould, portOf, shellSpec } from './spec.ts';
import type { Times } from './times.ts';

/** One version of an exposed service: its instances, as many as are wanted. */
export interface Version {
  readonly service: Service;
  /** Tells it from other versions: what it is declared as, the image that this means, and when it was to begin anew. */
  readonly key: string;
  /** Takes these over, and starts what is missing to the least number. */
  start(found: Container[]): Promise<void>;
  /** Ends its instances once they have answered their requests. */
  stop(): Promise<void>;
  /** After that: as many as there were. */
  resume(): Promise<void>;
  instances(): Instance[];
  wanted(): number;
  /** Where those answer that are ready. */
  addresses(): string[];
  /** Looks at how busy they are, and starts or ends some. */
  scale(): Promise<void>;
  remove(): Promise<void>;
}

export interface VersionParts extends ExposedParts {
  times: Times;
  service: Service;
  image: Image;
  names: Names;
}

/** What tells versions apart. */
export const keyOf = (service: Pick<Service, 'fingerprint' | 'restartedAt'>, image: string): string =>
  `${service.fingerprint} ${image} ${service.restartedAt ?? 0}`;

/** A version of which nothing runs yet. */
export function createVersion(parts: VersionParts): Version {
  const { service, image, times, now, log } = parts;
  const { min_scale, max_scale, cpu_threshold } = service.definition.expose;
  const min = Math.max(1, min_scale);
  const max = Math.max(min, max_scale);
  const decide = createScale({ min, max, threshold: cpu_threshold || 80, calmMs: times.calmMs });
  const footing = createFooting(parts);
  const crowd = createCrowd({
    make: async () => startContainer(parts, await footing.get()),
    look: (id, onGone) => createInstance({ ...parts, ...placeOf(parts), id, onGone }),
    drainMs: times.drainMs,
    onChange: parts.onChange,
    onFailure: (error) => log.warn('instances are not as wanted', { service: service.name, error: String(error) }),
  });

  let before = min;

  return {
    service,
    key: keyOf(service, image.id),
    start: async (found) => {
      // Those that were found have their files; yet what they have mounted is to be kept in step.
      await footing.hold();
      for (const container of found) {
        footing.adopt(filesOf(container));
        crowd.adopt(container.id);
      }
      await crowd.want(Math.min(Math.max(min, found.length), max));
    },
    stop: async () => {
      before = crowd.wanted() || before;
      await crowd.want(0);
    },
    resume: async () => {
      if (crowd.wanted() === 0) await crowd.want(before);
    },
    instances: crowd.instances,
    wanted: crowd.wanted,
    addresses: () => crowd.instances().flatMap((instance) => instance.address() ?? []),
    scale: async () => {
      const current = crowd.wanted();
      const use = max === min ? undefined : await useOf(crowd.instances());
      // Stopped, or begun again, meanwhile.
      if (crowd.wanted() !== current) return;
      // Also as many as before: one that could not be made is tried again.
      await crowd.want(use === undefined ? current : decide({ current, use, now: now() }));
    },
    remove: async () => {
      await crowd.remove();
      await footing.remove();
    },
  };
}

/** Where an instance answers, and what it may use. */
const placeOf = ({ service, size }: VersionParts) => ({
  port: portOf(service.definition),
  healthPath: healthPath(service.definition),
  cpus: (size(service).NanoCpus ?? 1e9) / 1e9,
});

/** The average of those that are ready. */
async function useOf(instances: Instance[]): Promise<number | undefined> {
  const ready = instances.filter((instance) => instance.address() !== undefined);
  const uses = (await Promise.all(ready.map((instance) => instance.use()))).filter((use) => use !== undefined);
  return uses.length > 0 ? uses.reduce((sum, one) => sum + one, 0) / uses.length : undefined;
}

/** Makes a container and starts it; where its image has no shell, one that runs the image's own command. */
async function startContainer(parts: VersionParts, { files, held }: Footing): Promise<string> {
  const { engine, names, service } = parts;
  const mountable = await parts.mountable(parts.image.id);
  // Read-only, as it is in a cluster: what a server leaves there would be a door into this machine.
  const own = mountable ? [`${files.folder}/config:${CONFIG}:ro`] : [];
  const mould = await mouldOf(parts, { files, binds: [...own, ...held.binds] });
  let id = await engine.create(names.next(), shellSpec(mould));
  try {
    if (service.definition.expose.default_command && !(await engine.has(id, '/bin/sh'))) {
      await engine.remove(id);
      id = await engine.create(names.next(), bareSpec(mould, serviceVariables(service)));
    } else if (!mountable) await engine.copyIn(id, '/', pack(files.folder, 'config', 'oscar'));
    await engine.start(id);
    return id;
  } catch (error) {
    await engine.remove(id);
    throw error;
  }
}

const mouldOf = async (parts: VersionParts, { files, binds }: { files: Files; binds: string[] }): Promise<Mould> => ({
  definition: parts.service.definition,
  image: parts.image,
  labels: parts.names.labels(parts.service, basename(files.folder)),
  network: await parts.network(),
  binds,
  limits: { ...parts.hardening, ...parts.size(parts.service) },
});
