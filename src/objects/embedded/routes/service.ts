import { sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { isoTime, owner } from '../http/documents.ts';

/** `GET /`: every bucket that the caller may use. */
export function listBuckets(call: Call): void {
  const prefix = call.query.get('prefix') ?? '';
  const { buckets: rows, rights } = call.core;
  const accessKey = call.access?.accessKey ?? '';
  const buckets = rows.all().filter(({ name }) => name.startsWith(prefix) && rights.on(name, accessKey));
  sendXml(call, 'ListAllMyBucketsResult', {
    Owner: owner,
    Buckets: { Bucket: buckets.map(({ name, createdAt }) => ({ Name: name, CreationDate: isoTime(createdAt) })) },
  });
}
