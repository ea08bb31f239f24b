import { failure } from '../failure.ts';
import type { Target } from '../http/target.ts';
import { type Access, type Checking, mode, payloadOf, type Signed } from './access.ts';
import { carriedHeaders } from './carried.ts';
import { granted } from './claim.ts';
import { algorithm, credentialOf } from './credential.ts';
import { mostSkew, timeOf } from './times.ts';

const malformed = 'AuthorizationQueryParametersError';
const mostSeconds = 7 * 24 * 3600;

/** Checks the signature of version 4 that the query carries. */
export function checkPresigned(request: Signed, target: Target, checking: Checking): Access {
  const { query } = target;
  if (query.get('X-Amz-Algorithm') !== algorithm)
    throw failure(malformed, `X-Amz-Algorithm only supports ${algorithm}.`);
  const time = parameter(query, 'X-Amz-Date');
  const credential = credentialOf(parameter(query, 'X-Amz-Credential'), time, malformed);
  checkTime(time, parameter(query, 'X-Amz-Expires'), checking.now());
  const payload = query.get('X-Amz-Content-Sha256') ?? request.headers['x-amz-content-sha256'] ?? mode.unsigned;
  const claim = {
    credential,
    time,
    signed: parameter(query, 'X-Amz-SignedHeaders').split(';'),
    signature: parameter(query, 'X-Amz-Signature'),
    payload: payloadOf(String(payload)),
    presigned: true,
  };
  const access = granted(claim, { request, target, ...checking });
  return { ...access, carried: carriedHeaders([...query].filter(([name]) => /^x-amz-/i.test(name))) };
}

function parameter(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (!value) throw failure(malformed, `A signature in the query needs the parameter ${name}.`);
  return value;
}

function checkTime(text: string, expires: string, now: number): void {
  const time = timeOf(text);
  if (Number.isNaN(time)) throw failure(malformed, 'X-Amz-Date must look like 20130524T000000Z.');
  const seconds = /^\d+$/.test(expires) ? Number(expires) : Number.NaN;
  if (!(seconds >= 1 && seconds <= mostSeconds)) {
    throw failure(malformed, `X-Amz-Expires must be between 1 and ${mostSeconds} seconds.`);
  }
  if (time > now + mostSkew) throw failure('AccessDenied', 'Request is not valid yet');
  if (now > time + seconds * 1000) throw failure('AccessDenied', 'Request has expired');
}
