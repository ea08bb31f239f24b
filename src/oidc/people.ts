import type { Person } from '../model/person.ts';

/** What a bearer token that is no service token comes to. */
export type Recognised =
  | { kind: 'person'; person: Person }
  /** It is no JWT: what a parser says of it. */
  | { kind: 'malformed'; why: string }
  /** A JWT of an issuer that is not one of ours; it may name none. */
  | { kind: 'stranger'; issuer: string }
  /** Of an issuer of ours, but expired, forged, or of someone who is in none of the groups. */
  | { kind: 'refused'; why: string };

/** The users besides the administrator. */
export interface People {
  /** URLs of the issuers; empty when there is the administrator alone. */
  issuers: readonly string[];
  /** The groups of which a user must be in one; empty when anyone may come whom an issuer knows. */
  groups: readonly string[];
  /** The uids of users who may read the log of the API, as the administrator may. OSCAR: `USERS_ADMIN`. */
  admins: readonly string[];
  recognise(token: string): Promise<Recognised>;
}

/** There is the administrator alone. */
export const nobody: People = {
  issuers: [],
  groups: [],
  admins: [],
  recognise: async (token) => read(token),
};

/** What can be said of a token without asking anyone. OSCAR tells apart how a text is no JWT. */
export function read(token: string): Extract<Recognised, { kind: 'malformed' | 'stranger' }> {
  const parts = token.split('.');
  const malformed = (what: string) => ({ kind: 'malformed' as const, why: `token is malformed: ${what}` });
  if (parts.length !== 3) return malformed('token contains an invalid number of segments');
  for (const [index, name] of ['header', 'claim'].entries()) {
    if (!jsonOf(parts[index])) return malformed(`could not JSON decode ${name}`);
  }
  return { kind: 'stranger', issuer: String(jsonOf(parts[1])?.iss ?? '') };
}

function jsonOf(part = ''): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not JSON: that is the answer.
    return undefined;
  }
}
