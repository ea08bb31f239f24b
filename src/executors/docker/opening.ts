import type { ContainerSpec, Engine } from '../../engine/engine.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import type { Marks } from './labels.ts';
import { hardening } from './spec.ts';

/** A volume and the path at which a service's containers see it. */
export interface VolumeBind {
  Source: string;
  Target: string;
}

interface OpeningParts {
  engine: Engine;
  marks: Marks;
}

/** Sees to it that the users of images can write into volumes. */
export function createOpening(parts: OpeningParts) {
  /** Those that every user of an image can write into, as far as this run of the program knows. */
  const opened = new Set<string>();
  const placeOf = (source: string, image: string) => `${source} ${image}`;
  return {
    open: async (service: Service, bind: VolumeBind): Promise<void> => {
      const place = placeOf(bind.Source, service.definition.image);
      if (opened.has(place)) return;
      await openUp(parts, service, bind);
      opened.add(place);
    },
    forget: (source: string): void => {
      for (const place of opened) if (place.startsWith(placeOf(source, ''))) opened.delete(place);
    },
  };
}

const isRoot = (user: string): boolean => /^(|0|root)(:.*)?$/.test(user);

/** A new volume is root's alone: an image with a user of its own could not write into it. */
async function openUp({ engine, marks }: OpeningParts, service: Service, bind: VolumeBind): Promise<void> {
  const { image } = service.definition;
  const found = await engine.image(image);
  if (!found || isRoot(found.user)) return;
  const id = await engine.create(
    marks.name('probe', 'open', marks.run, bind.Source),
    openerSpec(image, bind, marks.passing('probe', service.name)),
  );
  try {
    const ended = engine.ended(id, 'next-exit');
    await engine.start(id);
    const code = await ended;
    if (code === 0) return;
    throw new SandboxError('unavailable', `The volume ${bind.Source} cannot be opened to the user ${found.user}.`, {
      hint: `The image ${image} needs \`chmod\` for that.`,
    });
  } finally {
    await engine.remove(id);
  }
}

const openerSpec = (image: string, bind: VolumeBind, labels: Record<string, string>): ContainerSpec => ({
  Image: image,
  Entrypoint: ['/bin/sh'],
  Cmd: ['-c', 'chmod 0777 "$0"', bind.Target],
  User: '0',
  Labels: labels,
  HostConfig: {
    ...hardening,
    NetworkMode: 'none',
    Mounts: [{ Type: 'volume', ...bind }],
    LogConfig: { Type: 'none', Config: {} },
  },
});
