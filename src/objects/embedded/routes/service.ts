import { sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { isoTime, owner } from '../http/documents.ts';

/** `GET /`: every bucket. */
export function listBuckets(call: Call): void {
  const prefix = call.query.get('prefix') ?? '';
  const buckets = call.core.buckets.all().filter((bucket) => bucket.name.startsWith(prefix));
  sendXml(call, 'ListAllMyBucketsResult', {
    Owner: owner,
    Buckets: { Bucket: buckets.map(({ name, createdAt }) => ({ Name: name, CreationDate: isoTime(createdAt) })) },
  });
}
