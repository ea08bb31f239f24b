import { timingSafeEqual } from 'node:crypto';
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

/** Who calls a service: the administrator, someone with a service token, or neither, and then their answer. */
export type Caller = { kind: 'admin' } | { kind: 'token'; token: string } | { kind: 'stranger'; answer: Answer };

/** Reads the credentials of a call of `/run` or `/job`. */
export function callerOf(header: string | undefined, credentials: Credentials): Caller {
  if (isAdmin(header, credentials)) return { kind: 'admin' };
  const bearer = bearerOf(header);
  if (bearer === undefined) return { kind: 'stranger', answer: empty(401) };
  return bearer.length === 64 ? { kind: 'token', token: bearer } : { kind: 'stranger', answer: answerToJwt(bearer) };
}

/** OSCAR: what follows the one `Bearer ` in the header. */
export function bearerOf(header: string | undefined): string | undefined {
  const pieces = (header ?? '').split('Bearer ');
  return pieces.length === 2 ? pieces[1]?.trim() : undefined;
}

/** No issuer is known here, so every JWT is a stranger's; OSCAR tells apart how it is one. */
function answerToJwt(token: string): Answer {
  const parts = token.split('.');
  const unknown = (issuer: string) => `Error getting oidc manager for issuer '${issuer}'`;
  if (parts.length !== 3) {
    return text(502, `token is malformed: token contains an invalid number of segments${unknown('')}`);
  }
  for (const [index, name] of ['header', 'claim'].entries()) {
    const complaint = `token is malformed: could not JSON decode ${name}`;
    if (!jsonOf(parts[index])) return text(502, `${complaint}${unknown('')}`);
  }
  return text(400, unknown(String(jsonOf(parts[1])?.iss ?? '')));
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
