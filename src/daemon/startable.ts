import { demandSchema } from '../store/schema.ts';
import { unpackAddon } from './addon.ts';
import { keepCredentials } from './credentials.ts';
import { makeDataFolder } from './datafolder.ts';
import { findId, places } from './files.ts';
import type { DaemonOptions } from './options.ts';
import { demandWhole, findPlace } from './place.ts';

/** Throws what would keep a daemon from starting with these options, as far as it shows while another has the data folder. */
export async function demandStartable(options: DaemonOptions): Promise<void> {
  const { dataDir, cacheFolders, engineEnvironment: environment } = options;
  const { database, work } = places(dataDir);
  await makeDataFolder(dataDir);
  await unpackAddon(cacheFolders);
  await demandSchema(database);
  findId(dataDir);
  await keepCredentials(dataDir);
  const place = await findPlace(options, async () => {
    const { connect } = await import('../engine/connect.ts');
    return connect({ environment });
  });
  await demandWhole(place, work);
}
