import { SandboxError } from '../../model/errors.ts';
import type { Endpoint } from '../buckets.ts';
import type { ObjectStore, OutsideParts } from '../store.ts';
import { createAdmin } from './admin.ts';
import { administer, tagged } from './administration.ts';
import type { Connection } from './connection.ts';
import { asking } from './failures.ts';
import type { Feed } from './feed.ts';
import { createIntake, type Intake } from './intake.ts';
import { openClient } from './sdk.ts';
import { transfer } from './transfer.ts';
import { createUsers } from './users.ts';
import { createDeleters } from './writers.ts';

/** What a place of the store is given to tell of events. */
export interface Hearing {
  intake: Intake;
  connection(): Connection;
  endpoint(): Endpoint;
}

/** Where the store is, once it is there. */
export interface Arrived {
  url: string;
  feed: Feed;
}

export interface Seat {
  keys: { accessKey: string; secretKey: string };
  /** Sees to it that the store is there. */
  arrive(wanted: { host: string; port: number }, hearing: Hearing): Promise<Arrived>;
  /** Lets go of what `arrive` took here, whether it came to its end or not; the store itself goes on. */
  leave(): Promise<void>;
}

/** A store of objects that is not in this process, spoken to by S3. */
export function createOutside(parts: OutsideParts, { keys, arrive, leave }: Seat): ObjectStore {
  const { store, region, now } = parts;
  const deleters = createDeleters(now);
  const intake = createIntake(parts, deleters);
  let url = 'http://127.0.0.1:0';
  let at: (Arrived & { connection: Connection }) | undefined;
  const endpoint = () => ({ url, region, ...keys });
  const arrived = () => {
    if (at) return at;
    throw new SandboxError('unavailable', 'The store of objects is not open.');
  };
  const connection = () => arrived().connection;
  const users = createUsers({
    admin: createAdmin(endpoint, now),
    store,
    buckets: () => tagged(connection()),
    log: parts.log,
  });
  return {
    endpoint,
    knowsUsers: users.known,
    usersChanged: users.update,
    ...administer(connection),
    ...transfer({ connection, endpoint, event: store.events.get, deleters, now }),
    subscribe: (service, subscriptions) => arrived().feed.subscribe(service, subscriptions),
    listen: async (host, port) => {
      const found = await arrive({ host, port }, { intake, connection, endpoint });
      url = found.url;
      at = { ...found, connection: { client: await openClient(endpoint()), ask: asking(() => url) } };
      await check(at.connection, url);
      await found.feed.open();
      await users.open();
      return portOf(url);
    },
    // Versions are the store's own affair: nothing is held for events alone.
    release: async () => undefined,
    tidy: async () => at?.feed.tidy(),
    heldBytes: () => 0,
    close: async () => {
      await at?.feed.close();
      await leave();
      at?.connection.client.destroy();
      at = undefined;
    },
  };
}

/** A wrong address or wrong keys are told at the start, not at the first use. */
async function check({ client, ask }: Connection, url: string): Promise<void> {
  const { Buckets, Owner } = await ask({}, () => client.listBuckets({}));
  if (Buckets || Owner) return;
  throw new SandboxError('unavailable', `What answers at ${url} is no store that speaks S3.`, {
    hint: 'Is the address right? The console of a MinIO is on another port than its S3.',
  });
}

const portOf = (url: string): number => {
  const { port, protocol } = new URL(url);
  return Number(port || (protocol === 'https:' ? 443 : 80));
};
