import type { Cluster, Manifest } from '../../engine/cluster.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import { type VolumeKeeper, type VolumeRecord, volumeKey } from '../../model/volume.ts';
import { serviceOf } from './labels.ts';
import type { Settings } from './manifests/settings.ts';
import { claimOf, volumeClaim } from './manifests/volume.ts';

export interface ClaimsParts {
  cluster: Cluster;
  settings: Settings;
  /** What is on record of volumes that no service makes. */
  recorded?: VolumeRecord | undefined;
}

/** The claims that hold the data of volumes. */
export interface Claims extends VolumeKeeper {
  /** Sees to it that a service finds its volume; throws when there is none. */
  demand(service: Service): Promise<void>;
}

const kind = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };

/** The claims of one namespace of a cluster. */
export function createClaims({ cluster, settings, recorded }: ClaimsParts): Claims {
  const { namespace, marks } = settings;
  const refOf = (key: string) => ({ ...kind, name: key, namespace });
  const isOurs = ({ metadata: { labels = {} } }: Manifest) =>
    Object.entries(marks.of('volume')).every(([name, value]) => labels[name] === value);
  // What a volume is cannot be changed once it is there.
  const ensure = async (key: string, wanted: () => Manifest) => {
    if (!(await cluster.get(refOf(key)))) await cluster.apply(wanted());
  };
  return {
    demand: async (service) => {
      const { volume, namespace: space } = service.definition;
      if (!volume?.name) return;
      const ref = { namespace: space, name: volume.name };
      const record = recorded?.(ref);
      await ensure(volumeKey(ref), () => {
        const wanted = volumeClaim(service, settings) ?? (record?.size ? claimOf(record, settings) : undefined);
        if (wanted) return wanted;
        throw new SandboxError('not-found', `${service.name} uses the volume ${volume.name}, which is not there.`, {
          hint: 'Give the volume a size in the service that is to make it.',
        });
      });
    },
    make: (volume) => ensure(volumeKey(volume), () => claimOf(volume, settings)),
    release: async (volume) => {
      const found = await cluster.get(refOf(volumeKey(volume)));
      if (found && isOurs(found)) await cluster.remove(refOf(volumeKey(volume)));
    },
    held: async () => {
      const found = await cluster.list({ ...kind, namespace, labels: marks.of('volume') });
      return found.map(({ metadata, status }) => ({
        key: metadata.name,
        maker: serviceOf(metadata.labels) ?? '',
        ...((status as { phase?: string } | undefined)?.phase === 'Bound' ? {} : { waits: true }),
      }));
    },
  };
}
