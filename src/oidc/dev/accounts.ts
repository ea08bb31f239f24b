import { timingSafeEqual } from 'node:crypto';

/** A user to try things with. */
export interface Account {
  /** What they log in with. */
  name: string;
  /** The subject of their tokens: who owns what they declare. */
  uid: string;
  password: string;
  groups: readonly string[];
}

/** The group that all of them are in, before those of their own. */
const everyone = 'sandbox-users';
const people = { alice: ['Alice Álvarez', 'alpha'], bob: ['Bob Brown', 'beta'] } as const;
type Name = keyof typeof people;

/** Their names. */
export const names = Object.keys(people) as Name[];

/** The groups that one of them is in. */
export const groupsOfDev: readonly string[] = [everyone, ...names.map((name) => people[name][1])];

/** The users, with these passwords. */
export const accountsOf = (passwords: Record<string, string>): Account[] =>
  names.map((name) => ({
    name,
    uid: `${name}@sandbox`,
    password: passwords[name] ?? '',
    groups: [everyone, people[name][1]],
  }));

/** Whose name and password these are, if they are anyone's. */
export function accountWith(accounts: readonly Account[], name: string, password: string): Account | undefined {
  const account = accounts.find((one) => one.name === name.trim().toLowerCase());
  const [given, right] = [Buffer.from(password), Buffer.from(account?.password ?? '')];
  return account && given.length === right.length && timingSafeEqual(given, right) ? account : undefined;
}

/** What is said of a user, in tokens and to whoever holds one. */
export const claimsOf = ({ name, uid, groups }: Account) => ({
  sub: uid,
  name: people[name as Name][0],
  preferred_username: name,
  email: `${name}@sandbox.example`,
  email_verified: true,
  // Keycloak's word, and the one that OSCAR looks for.
  groups: [...groups],
  group_membership: [...groups],
  voperson_id: uid,
  eduperson_entitlement: groups.map((group) => `urn:mace:egi.eu:group:${group}:role=member#sandbox`),
});
