import { readFile } from 'node:fs/promises';
import { SandboxError } from '../model/errors.ts';
import { credentialFrom } from './execcredential.ts';
import type { ClusterPlace } from './kubeconfig.ts';

/** What is shown to an API server. */
export interface Identity {
  headers: Record<string, string>;
  certificate?: Buffer | string;
  key?: Buffer | string;
}

export interface Identities {
  /** The one that holds now; got anew when the last has run out. */
  current(): Promise<Identity>;
  /** The last one; empty before the first. */
  last(): Identity;
  /** This one was refused: the next is got anew, once for all who were refused with it. */
  forget(refused: Identity): void;
}

/** An identity, and when it has to be got anew, in milliseconds since 1970. */
interface Held {
  identity: Identity;
  until: number;
}

/** kubectl, too, reads a file with a token once a minute. */
const fileMs = 60_000;
/** What has run out when it comes is tried all the same: one of the clocks may be wrong. */
const leastMs = 10_000;

/** Gives the credentials of a cluster's user, whichever kind they are. */
export function createIdentities(place: ClusterPlace, now: () => number): Identities {
  let held: Promise<Held> | undefined;
  let last: Identity = { headers: {} };
  const fresh = async (): Promise<Held> => {
    const made = await identityOf(place, now);
    last = made.identity;
    return made;
  };
  return {
    current: async () => {
      const mine = held;
      const known = await mine?.catch(() => undefined);
      if (known && known.until > now()) return known.identity;
      // Whoever comes first asks for all.
      const next = held && held !== mine ? held : fresh();
      held = next;
      return (await next).identity;
    },
    last: () => last,
    forget: (refused) => {
      if (refused === last) held = undefined;
    },
  };
}

async function identityOf(place: ClusterPlace, now: () => number): Promise<Held> {
  const { certificate, key, as, exec } = place.user;
  const acting = as ? { 'impersonate-user': as } : undefined;
  const own = { ...(certificate ? { certificate } : {}), ...(key ? { key } : {}) };
  const shown = await authorization(place, now);
  if (shown) return { identity: { headers: { ...shown.headers, ...acting }, ...own }, until: shown.until };
  const given = exec ? await credentialFrom(place) : undefined;
  const { token, until = Number.POSITIVE_INFINITY, ...pair } = given ?? {};
  const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...acting };
  return { identity: { headers, ...own, ...pair }, until: Math.max(until, now() + leastMs) };
}

interface Shown {
  headers: Record<string, string>;
  until: number;
}

/** kubectl: a file with a token counts before a token, and both before a program. */
async function authorization({ user, foundBy }: ClusterPlace, now: () => number): Promise<Shown | undefined> {
  const always = Number.POSITIVE_INFINITY;
  if (user.tokenFile) {
    const token = await readFile(user.tokenFile, 'utf8').catch((cause: Error) => {
      const sentence = `The token of ${user.name}, named by ${foundBy}, cannot be read: ${cause.message}.`;
      throw new SandboxError('invalid', sentence, { hint: 'Check the path and whether you may read it.', cause });
    });
    return { headers: { authorization: `Bearer ${token.trim()}` }, until: now() + fileMs };
  }
  if (user.token) return { headers: { authorization: `Bearer ${user.token}` }, until: always };
  if (!user.login) return undefined;
  const { name, password } = user.login;
  const words = Buffer.from(`${name}:${password}`).toString('base64');
  return { headers: { authorization: `Basic ${words}` }, until: always };
}
