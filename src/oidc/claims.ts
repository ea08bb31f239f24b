import { isReserved, labelOf, namespaceOf, type Person } from '../model/person.ts';

/** What is said of someone, in a token or by their issuer. */
export type Said = Record<string, unknown>;

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];

/**
 * The groups that someone is in; undefined when nothing is said of groups. OSCAR: which claim tells of them depends on
 * whose realm it is.
 */
export function groupsIn(said: Said, issuer: string): string[] | undefined {
  const claims = claimsFor(issuer).map((read) => read(said));
  if (claims.every((one) => one === undefined)) return undefined;
  return [...new Set(claims.flatMap(texts))];
}

type Read = (said: Said) => unknown;

const eduperson: Read = (said) => said.eduperson_entitlement;
const entitlements: Read = (said) => said.entitlements;
const roles: Read = ({ realm_access: access }) =>
  typeof access === 'object' && access !== null ? (access as Said).roles : undefined;

function claimsFor(issuer: string): Read[] {
  if (issuer.includes('/realms/egi')) {
    return [entitlements, eduperson].map((read) => (said) => read(said) && texts(read(said)).flatMap(groupOf));
  }
  return issuer.includes('/realms/ai4eosc') ? [roles] : [(said) => said.group_membership, (said) => said.groups];
}

/** OSCAR: the fifth field of `urn:mace:egi.eu:group:NAME:…`, in lower case. */
const groupOf = (entitlement: string): string[] => {
  const name = /^urn:mace:egi\.eu:group:([^:]+)/i.exec(entitlement)?.[1];
  return name === undefined ? [] : [name.toLowerCase()];
};

const nameIn = ({ name, preferred_username: short }: Said): string | undefined =>
  [name, short].find((one): one is string => typeof one === 'string' && one.trim() !== '');

/** Does this say all that is to be known of someone? */
export const isEnough = (said: Said, issuer: string): boolean =>
  groupsIn(said, issuer) !== undefined && nameIn(said) !== undefined;

/** The person whom an issuer speaks of; undefined when nobody may go by that name. */
export function personIn(said: Said, issuer: string): Person | undefined {
  const { sub: uid } = said;
  if (typeof uid !== 'string' || !/^[\x20-\x7e]{1,255}$/.test(uid) || isReserved(uid)) return undefined;
  return {
    kind: 'user',
    uid,
    name: labelOf(nameIn(said) ?? uid),
    namespace: namespaceOf(uid),
    groups: groupsIn(said, issuer) ?? [],
  };
}
