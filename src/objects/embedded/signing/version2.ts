import { failure } from '../failure.ts';
import type { Target } from '../http/target.ts';
import { asBytes } from '../http/target.ts';
import { type Access, type Checking, declaredPayload, type Signed } from './access.ts';
import { byName } from './canonical.ts';
import { carriedHeaders } from './carried.ts';
import { hmacOfOld, sameSignature } from './digests.ts';
import { checkSkew, httpTime } from './times.ts';

/** Who signed the request the old way, which boto3 and s3cmd still do for links. Throws if nobody did, or the time is over. */
export function authenticateV2(request: Signed, target: Target, checking: Checking): Access {
  const presigned = request.headers.authorization === undefined;
  const { accessKey, signature } = presigned ? ofQuery(target.query) : ofHeader(request);
  const date = presigned ? expiry(target.query, checking) : dateOf(request, checking);
  const secret = checking.secretOf(accessKey);
  if (secret === undefined) throw failure('InvalidAccessKeyId');
  const headers = headersOf(request, presigned ? target.query : new URLSearchParams());
  const isRight = spellingsOf(target).some((path) => {
    const text = textToSign({ request, target: { ...target, path }, headers, date });
    return sameSignature(hmacOfOld(secret, text), signature);
  });
  if (!isRight) throw failure('SignatureDoesNotMatch');
  // Names in other letters are not covered.
  const carried = presigned ? carriedHeaders([...target.query].filter(([name]) => counts(name))) : {};
  return { accessKey, payload: declaredPayload(request.headers), presigned, carried };
}

/** botocore signs `/bucket/` where it sends `/bucket`. */
const spellingsOf = ({ path, bucket }: Target): string[] =>
  bucket !== '' && path.lastIndexOf('/') === 0 ? [path, `${path}/`] : [path];

function ofQuery(query: URLSearchParams): { accessKey: string; signature: string } {
  const accessKey = query.get('AWSAccessKeyId');
  const signature = query.get('Signature');
  if (accessKey && signature) return { accessKey, signature };
  throw failure('AccessDenied', 'A signature in the query needs the parameters AWSAccessKeyId, Signature and Expires.');
}

function ofHeader({ headers }: Signed): { accessKey: string; signature: string } {
  const [, accessKey, signature] = /^AWS ([^:]+):(\S+)$/.exec(headers.authorization ?? '') ?? [];
  if (accessKey && signature) return { accessKey, signature };
  throw failure('InvalidArgument', 'The authorization header must be: AWS KEY:SIGNATURE.');
}

function expiry(query: URLSearchParams, { now }: Checking): string {
  const expires = query.get('Expires') ?? '';
  if (!/^\d+$/.test(expires)) throw failure('AccessDenied', 'Expires must be given in seconds since 1970.');
  if (now() > Number(expires) * 1000) throw failure('AccessDenied', 'Request has expired');
  return expires;
}

function dateOf({ headers }: Signed, { now }: Checking): string {
  const amz = headers['x-amz-date'];
  checkSkew(httpTime(amz ?? headers.date), now());
  // x-amz-date stands among the headers already.
  return amz === undefined ? (headers.date ?? '') : '';
}

const counts = (name: string): boolean =>
  name.startsWith('x-amz-') || name === 'content-type' || name === 'content-md5';

/** The headers that count; botocore puts them into the query of a link as well, for whoever follows it without them. */
function headersOf({ headersDistinct }: Signed, query: URLSearchParams): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of query) if (counts(name)) headers.set(name, asBytes(value));
  for (const [name, values] of Object.entries(headersDistinct)) {
    if (values && counts(name)) headers.set(name, values.map((value) => value.trim()).join(','));
  }
  return headers;
}

interface Signable {
  request: Signed;
  target: Target;
  headers: Map<string, string>;
  date: string;
}

function textToSign({ request, target, headers, date }: Signable): string {
  const amz = [...headers].filter(([name]) => name.startsWith('x-amz-')).sort(byName);
  return [
    request.method ?? '',
    headers.get('content-md5') ?? '',
    headers.get('content-type') ?? '',
    date,
    ...amz.map(([name, value]) => `${name}:${value}`),
    resource(target),
  ].join('\n');
}

/** The query parameters that are covered, by one client or another. */
const covered = new Set(
  `accelerate acl analytics cors defaultObjectAcl delete encryption inventory legal-hold lifecycle location logging
  metrics notification object-lock partNumber policy replication requestPayment response-cache-control
  response-content-disposition response-content-encoding response-content-language response-content-type
  response-expires restore retention select select-type storageClass tagging torrent uploadId uploads versionId
  versioning versions website`.split(/\s+/),
);

function resource({ path, query }: Target): string {
  const named = [...query].filter(([name]) => covered.has(name)).sort(byName);
  const text = named.map(([name, value]) => (value === '' ? name : `${name}=${asBytes(value)}`)).join('&');
  return text === '' ? path : `${path}?${text}`;
}
