import { demandSchema } from '../store/schema.ts';
import { unpackAddon } from './addon.ts';
import { keepCredentials } from './credentials.ts';
import { makeDataFolder } from './datafolder.ts';
import type { Ground } from './executors/ground.ts';
import { findEngine } from './executors/means.ts';
import { findId, places } from './files.ts';
import type { DaemonOptions } from './options.ts';
import { demandWhole, findPlace } from './place.ts';

/** Throws what would keep a daemon from starting with these options, as far as it shows while another has the data folder. */
export async function demandStartable(options: DaemonOptions): Promise<void> {
  const { dataDir, cacheFolders } = options;
  const { database, work } = places(dataDir);
  await makeDataFolder(dataDir);
  await unpackAddon(cacheFolders);
  await demandSchema(database);
  findId(dataDir);
  await keepCredentials(dataDir);
  const place = await findPlace(options, {
    find: () => findEngine(options),
    kind: async (engine) => {
      const { demandKind } = await import('./executors/kind.ts');
      await demandKind(options, engine);
      return noGround;
    },
    kubernetes: async () => {
      const { openKubernetes } = await import('./executors/kubernetes.ts');
      const ground = await openKubernetes(options);
      await ground.close();
      return ground;
    },
  });
  await demandWhole(place, work);
}

/** A cluster that is not made yet. */
const noGround: Ground = {
  start: async () => {
    throw new Error('A cluster that was only looked for runs nothing.');
  },
  close: async () => undefined,
};
