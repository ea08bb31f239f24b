import type { Endpoint, PresignOptions } from '../../buckets.ts';
import { asBytes, encodePath } from '../http/target.ts';
import { mode } from './access.ts';
import { byName, canonicalQuery, sign } from './canonical.ts';
import { algorithm, scopeText, signingKey } from './credential.ts';
import { amzDate } from './times.ts';

/** A request that shall be allowed to whoever holds the link. */
interface Presigning {
  method: string;
  /** The address of the store. */
  endpoint: string;
  region: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
  key: string;
  expiresSeconds: number;
  /** Signed, so the caller must send exactly these. */
  headers: Record<string, string>;
  query: Record<string, string>;
  now: number;
}

/** A link that needs no credentials for a while. */
export function presign(options: PresignOptions, { url, ...endpoint }: Endpoint, now: number): string {
  const { method, headers: given = {}, contentType } = options;
  const headers: Record<string, string> = { ...given };
  const query: Record<string, string> = {};
  if (contentType && method === 'PUT') headers['content-type'] = contentType;
  if (contentType && method === 'GET') query['response-content-type'] = contentType;
  return presignedUrl({ ...options, ...endpoint, endpoint: url, headers, query, now });
}

/** A link for any request, signed with version 4. */
export function presignedUrl(wanted: Presigning): string {
  const { method, bucket, key, accessKey, secretKey, region, now } = wanted;
  const base = new URL(wanted.endpoint);
  const time = amzDate(now);
  const scope = { date: time.slice(0, 8), region };
  const headers = headersOf(wanted.headers, base.host);
  const query: [string, string][] = [
    ...Object.entries(wanted.query),
    ['X-Amz-Algorithm', algorithm],
    ['X-Amz-Credential', `${accessKey}/${scopeText(scope)}`],
    ['X-Amz-Date', time],
    ['X-Amz-Expires', String(wanted.expiresSeconds)],
    ['X-Amz-SignedHeaders', headers.map(([name]) => name).join(';')],
  ];
  // Without a bucket the request is about the store itself.
  const path = bucket === '' ? '/' : `/${encodePath(`${bucket}/${key}`)}`;
  const signer = { key: signingKey(secretKey, scope), time, scope: scopeText(scope) };
  const signature = sign(signer, { method, path, query, headers, payload: mode.unsigned });
  return `${base.origin}${path}?${canonicalQuery(query)}&X-Amz-Signature=${signature}`;
}

function headersOf(headers: Record<string, string>, host: string): [string, string[]][] {
  const all = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  all.set('host', host);
  return [...all].map(([name, value]): [string, string[]] => [name, [asBytes(value)]]).sort(byName);
}
