import { createHash } from 'node:crypto';
import type { Log } from '../log.ts';
import { isEnough, personIn, type Said } from './claims.ts';
import { reasonOf } from './fetching.ts';
import { createIssuer, type Issuer, type Times, usualTimes } from './issuer.ts';
import type { Claims } from './jwt.ts';
import { type People, type Recognised, read } from './people.ts';

export interface PeopleParts {
  issuers: readonly string[];
  groups: readonly string[];
  admins: readonly string[];
  log: Pick<Log, 'warn'>;
  now(): number;
  times?: Times;
}

/** The users whom these issuers vouch for. */
export function createPeople({ issuers, groups, admins, log, now, times = usualTimes }: PeopleParts): People {
  const known = new Map(issuers.map((url) => [url, createIssuer({ url, times, now })]));
  const about = createAbout(now);
  const note = createNote(log, now);
  const recognise = async (token: string): Promise<Recognised> => {
    const claimed = read(token);
    const issuer = claimed.kind === 'stranger' ? known.get(claimed.issuer) : undefined;
    if (!issuer) return claimed;
    const found = await identify(token, issuer, about).catch((error: unknown) => refused(reasonOf(error)));
    const settled = found.kind === 'person' ? demandGroup(found, groups) : found;
    if (settled.kind === 'refused') note(issuer.url, settled.why);
    return settled;
  };
  return { issuers, groups, admins, recognise };
}

const again = 60_000;
const reasons = 100;

/** Writes down why tokens are refused. Anyone can send some: the same is said once a minute. */
function createNote(log: PeopleParts['log'], now: () => number) {
  const said = new Map<string, number>();
  return (issuer: string, why: string): void => {
    const key = `${issuer} ${why}`;
    if (now() - (said.get(key) ?? 0) < again) return;
    if (said.size >= reasons) said.clear();
    said.set(key, now());
    log.warn('a token was refused', { issuer, why });
  };
}

const refused = (why: string): Recognised => ({ kind: 'refused', why });

async function identify(token: string, issuer: Issuer, about: About): Promise<Recognised> {
  const found = await issuer.verify(token);
  if (found.kind === 'unknown-key') return refused('its key is none of those of its issuer');
  if (found.kind === 'invalid') return refused(found.why);
  const said = await about(token, found.claims, issuer);
  if (said === undefined) return refused('its issuer does not take it');
  const person = personIn(said, issuer.url);
  return person ? { kind: 'person', person } : refused(`nobody may go by the name ${JSON.stringify(said.sub)}`);
}

function demandGroup(found: Extract<Recognised, { kind: 'person' }>, groups: readonly string[]): Recognised {
  if (groups.length === 0 || found.person.groups.some((one) => groups.includes(one))) return found;
  return refused(`${found.person.uid} is in none of the groups ${groups.join(', ')}`);
}

/** All that is known of the bearer of a token that was verified; undefined when their issuer does not take it any more. */
type About = (token: string, claims: Claims, issuer: Issuer) => Promise<Said | undefined>;

const remembered = 1_000;

/** What a token does not say itself, its issuer is asked for: once in the token's life. */
function createAbout(now: () => number): About {
  const kept = new Map<string, { said: Promise<Said | undefined>; until: number }>();
  const keep = (key: string, said: Promise<Said | undefined>, until: number) => {
    for (const [old, entry] of kept) if (entry.until <= now() || kept.size >= remembered) kept.delete(old);
    kept.set(key, { said, until });
    // One that is away, or does not take the token, may think better of it.
    const forget = () => void kept.delete(key);
    said.then((found) => found ?? forget(), forget);
    return said;
  };
  return async (token, claims, issuer) => {
    if (isEnough(claims, issuer.url)) return claims;
    const key = createHash('sha256').update(token).digest('base64');
    const entry = kept.get(key);
    if (entry && entry.until > now()) return entry.said;
    return keep(key, moreOf(token, claims, issuer), 1_000 * (claims.exp ?? 0));
  };
}

async function moreOf(token: string, claims: Claims, issuer: Issuer): Promise<Said | undefined> {
  const info = await issuer.userinfo(token);
  if (info?.kind === 'refused') return undefined;
  // What is said of somebody else is not said of them.
  return { ...(info && info.claims.sub === claims.sub ? info.claims : {}), ...claims };
}
