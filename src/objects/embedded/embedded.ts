import type { ObjectEvent } from '../../model/event.ts';
import type { ObjectStore } from '../store.ts';
import { administer } from './administration.ts';
import { type CoreOptions, createCore } from './core.ts';
import { createS3Server } from './http/server.ts';
import { transfer } from './transfer.ts';

export interface EmbeddedOptions extends Omit<CoreOptions, 'onEvent'> {
  /** Told of every event once it is on disk, with the names of the jobs that it made. */
  onEvent?: (event: ObjectEvent, jobs: string[]) => void;
  /** Is this the name of our own host? Without it every name is. */
  isOurHost?: (host: string | undefined) => boolean;
}

// Beside this file is what all of it works on: `core`, and how objects come and go. `http` is the server and what
// answers are made of, `signing` who asks, `content` the bytes and what is said of them, `forms` the uploads of
// browsers, `rules` what S3 lays down (no file, no database), `routes` one file for each kind of request.

/** The store of objects inside the daemon. */
export type Embedded = ObjectStore;

/** Opens the store in its folder; it serves nobody before `listen`. */
export async function createEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { keys, isOurHost, onEvent = () => undefined } = options;
  const core = await createCore({ ...options, onEvent });
  const server = createS3Server({ core, isOurHost });
  let url = 'http://127.0.0.1:0';
  const endpoint = () => ({ url, region: core.region, ...keys });
  return {
    endpoint,
    knowsUsers: () => true,
    // Rules are looked at with every request.
    usersChanged: async () => undefined,
    ...administer(core),
    ...transfer(core, endpoint),
    listen: async (host, port) => {
      const actual = await server.listen(host, port);
      url = `http://${host.includes(':') ? `[${host}]` : host}:${actual}`;
      return actual;
    },
    release: (eventIds) => core.change(() => core.blobs.release(eventIds)),
    tidy: () => core.change(() => undefined),
    heldBytes: () => core.blobs.heldBytes(),
    close: async () => {
      await server.close();
      await core.settled();
    },
  };
}
