import { timingSafeEqual } from 'node:crypto';
import { administrator, type Person } from '../model/person.ts';
import type { People } from '../oidc/people.ts';
import { type Answer, empty, text } from './answer.ts';

export interface Credentials {
  user: string;
  password: string;
}

/** What someone without credentials gets below `/system`. */
export const unauthorized: Answer = empty(401, { 'WWW-Authenticate': 'Basic realm="Authorization Required"' });

/** Are two texts the same? Takes as long whatever the first difference is. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Does the header name the administrator? OSCAR compares it as a whole: `basic` and two blanks fail. */
export const isAdmin = (header: string | undefined, { user, password }: Credentials): boolean =>
  header !== undefined && sameText(header, `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);

/** Who asks below `/system`, or what they get who may not. */
export async function personOf(header: string | undefined, { credentials, people }: Known): Promise<Person | Answer> {
  if (isAdmin(header, credentials)) return administrator;
  if (people.issuers.length === 0 || !header?.startsWith('Bearer ')) return unauthorized;
  const recognised = await people.recognise(header.slice('Bearer '.length).trim());
  switch (recognised.kind) {
    case 'person':
      return recognised.person;
    case 'malformed':
      return text(400, recognised.why);
    case 'stranger':
      return text(401, `'${recognised.issuer}' is not listed as an authorized issuer`);
    default:
      return empty(401);
  }
}

/** Those whom the sandbox knows. */
export interface Known {
  /** The administrator's. */
  credentials: Credentials;
  /** Everyone else. */
  people: People;
}

/** Who calls a service: someone who has shown who they are, someone with a service token, or neither: then their answer. */
export type Caller =
  | { kind: 'person'; person: Person }
  | { kind: 'token'; token: string }
  | { kind: 'stranger'; answer: Answer };

/** Reads the credentials of a call of `/run` or `/job`; those whom their issuer does not vouch for get `refused`. */
export async function callerOf(
  header: string | undefined,
  { credentials, people }: Known,
  refused: number,
): Promise<Caller> {
  if (isAdmin(header, credentials)) return { kind: 'person', person: administrator };
  const bearer = bearerOf(header);
  if (bearer === undefined) return stranger(empty(401));
  if (bearer.length === 64) return { kind: 'token', token: bearer };
  const unknown = (issuer: string) => `Error getting oidc manager for issuer '${issuer}'`;
  const recognised = await people.recognise(bearer);
  switch (recognised.kind) {
    case 'person':
      return recognised;
    case 'malformed':
      return stranger(text(502, `${recognised.why}${unknown('')}`));
    case 'stranger':
      return stranger(text(400, unknown(recognised.issuer)));
    default:
      return stranger(empty(refused));
  }
}

const stranger = (answer: Answer): Caller => ({ kind: 'stranger', answer });

/** OSCAR: what follows the one `Bearer ` in the header. */
export function bearerOf(header: string | undefined): string | undefined {
  const pieces = (header ?? '').split('Bearer ');
  return pieces.length === 2 ? pieces[1]?.trim() : undefined;
}
