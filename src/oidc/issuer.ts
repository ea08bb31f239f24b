import { ask, reasonOf } from './fetching.ts';
import { type Keys, readKeys, type Verified, verify } from './jwt.ts';

/** How long things take and hold, in milliseconds. */
export interface Times {
  /** An issuer that has not answered by then is away. */
  timeoutMs: number;
  /** One that is away is not asked again before; nor is one for a key that it does not have. */
  restMs: number;
  /** After which its keys are asked for anew: it may have withdrawn one. */
  keysMs: number;
}

export const usualTimes: Times = { timeoutMs: 5_000, restMs: 10_000, keysMs: 600_000 };

export interface IssuerParts {
  url: string;
  times: Times;
  now(): number;
}

/** What an issuer says about itself, with its keys. */
interface Known {
  keys: Keys;
  userinfo: string | undefined;
  at: number;
}

/** One whom we believe who somebody is. */
export interface Issuer {
  url: string;
  /** Is this a token of the issuer, and in its time? An issuer that is away makes it invalid. */
  verify(token: string): Promise<Verified>;
  /** What it says of the bearer of a token; undefined when it will not say. Throws when it is away. */
  userinfo(token: string): Promise<UserInfo | undefined>;
}

/** What an issuer says of someone; `refused` when it says that the token is none. */
export type UserInfo = { kind: 'claims'; claims: Record<string, unknown> } | { kind: 'refused' };

/** Knows an issuer by its discovery document; nothing is asked before the first token comes. */
export function createIssuer({ url, times, now }: IssuerParts): Issuer {
  let known: Known | undefined;
  let failure: { why: string; at: number } | undefined;
  let asking: Promise<void> | undefined;

  const rests = (at: number) => now() - at < times.restMs;
  const refresh = async () => {
    if (failure && rests(failure.at)) return;
    asking ??= load(url, times.timeoutMs, now)
      .then((found) => {
        known = found;
        failure = undefined;
      })
      .catch((error: unknown) => {
        failure = { why: reasonOf(error), at: now() };
      })
      .finally(() => {
        asking = undefined;
      });
    await asking;
  };
  const current = async (): Promise<Known | undefined> => {
    // Keys that were known go on to hold while their issuer is away.
    if (!known || now() - known.at >= times.keysMs) await refresh();
    return known;
  };
  const check = (token: string, { keys }: Known) => verify(token, keys, { issuer: url, now: now() });
  const away = (): Verified => ({ kind: 'invalid', why: `its issuer is away: ${failure?.why ?? 'no answer yet'}` });

  return {
    url,
    verify: async (token) => {
      const held = await current();
      if (!held) return away();
      const found = await check(token, held);
      if (found.kind !== 'unknown-key' || rests(held.at)) return found;
      await refresh();
      return known ? check(token, known) : away();
    },
    userinfo: async (token) => {
      const address = (await current())?.userinfo;
      if (address === undefined) return undefined;
      const { status, value } = await ask(address, { timeoutMs: times.timeoutMs, bearer: token });
      if (status === 401) return { kind: 'refused' };
      if (status >= 500) throw new Error(`${address} answers ${status}`);
      return status === 200 ? { kind: 'claims', claims: value } : undefined;
    },
  };
}

async function load(url: string, timeoutMs: number, now: () => number): Promise<Known> {
  const place = `${url.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const document = await said(place, timeoutMs);
  if (document.issuer !== url) throw new Error(`${place} is that of ${JSON.stringify(document.issuer)}`);
  if (typeof document.jwks_uri !== 'string') throw new Error(`${place} names no jwks_uri`);
  const { keys } = await said(document.jwks_uri, timeoutMs);
  if (!Array.isArray(keys)) throw new Error(`${document.jwks_uri} holds no keys`);
  const { userinfo_endpoint: userinfo } = document;
  return { keys: readKeys(keys), userinfo: typeof userinfo === 'string' ? userinfo : undefined, at: now() };
}

async function said(address: string, timeoutMs: number): Promise<Record<string, unknown>> {
  const { status, value } = await ask(address, { timeoutMs });
  if (status !== 200) throw new Error(`${address} answers ${status}`);
  return value;
}
