import { failure } from '../failure.ts';
import type { Target } from '../http/target.ts';
import { type Access, type Checking, mode, payloadOf, type Signed } from './access.ts';
import { granted } from './claim.ts';
import { algorithm, credentialOf } from './credential.ts';
import { sha256Hex } from './digests.ts';
import { checkPresigned } from './query.ts';
import { amzDate, checkSkew, httpTime, timeOf } from './times.ts';
import { authenticateV2 } from './version2.ts';

/** Who sent this request, by its signature, wherever that stands; nothing when it bears none. Throws if it is wrong. */
export function authenticate(request: Signed, target: Target, checking: Checking): Access | undefined {
  const header = request.headers.authorization;
  const { query } = target;
  const inQuery = ['X-Amz-Algorithm', 'X-Amz-Signature'].some((name) => query.has(name));
  const inQueryV2 = ['AWSAccessKeyId', 'Signature'].some((name) => query.has(name));
  if (header !== undefined && (inQuery || inQueryV2))
    throw failure('InvalidArgument', 'Only one auth mechanism allowed.');
  if (inQuery) return checkPresigned(request, target, checking);
  if (header?.startsWith(algorithm)) return checkHeader(request, target, checking);
  if (inQueryV2 || header?.startsWith('AWS ')) return authenticateV2(request, target, checking);
  if (header === undefined) return undefined;
  throw failure(
    'InvalidRequest',
    `The authorization mechanism you have provided is not supported. Please use ${algorithm}.`,
  );
}

const malformed = 'AuthorizationHeaderMalformed';

function checkHeader(request: Signed, target: Target, checking: Checking): Access {
  const { Credential = '', SignedHeaders = '', Signature = '' } = fieldsOf(request.headers.authorization ?? '');
  if (!Credential || !SignedHeaders || !Signature) {
    throw failure(malformed, 'The authorization header needs Credential, SignedHeaders and Signature.');
  }
  const time = signedAt(request, checking);
  const credential = credentialOf(Credential, time, malformed);
  const said = request.headers['x-amz-content-sha256'];
  const claim = {
    credential,
    time,
    signed: SignedHeaders.split(';'),
    signature: Signature,
    payload: payloadOf(String(said ?? sha256Hex(''))),
    presigned: false,
  };
  const access = granted(claim, { request, target, ...checking });
  // MinIO: one that does not say signs as if it had no body, and may have one all the same (curl 7 signs uploads so).
  return said === undefined ? { ...access, payload: mode.unsigned } : access;
}

const fieldsOf = (header: string): Record<string, string> =>
  Object.fromEntries(
    [...header.slice(algorithm.length).matchAll(/(\w+)=([^,\s]*)/g)].map(([, name, value]) => [name, value]),
  );

/** The time of the signature; clients of old leave it to the header that HTTP has for it. */
function signedAt({ headers }: Signed, { now }: Checking): string {
  const text = headers['x-amz-date'];
  const time = text === undefined ? httpTime(headers.date) : timeOf(String(text));
  checkSkew(time, now());
  return amzDate(time);
}
