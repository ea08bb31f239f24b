import type { IncomingHttpHeaders } from 'node:http';
import type { ObjectMeta } from '../../../store/objects.ts';
import { failure } from '../failure.ts';
import { tagsOfHeader } from './tags.ts';

const kept = [
  'content-type',
  'content-encoding',
  'content-disposition',
  'content-language',
  'cache-control',
  'expires',
  'x-amz-website-redirect-location',
];

/** S3 allows 2 KiB of names and values. */
const mostUserMetadata = 2048;

/** What a request's headers say about the object that it writes. */
export function metaOf(headers: IncomingHttpHeaders): ObjectMeta {
  refuseEncryption(headers);
  if (Object.keys(headers).some((name) => name.startsWith('x-amz-object-lock-'))) {
    throw failure('InvalidRequest', 'Bucket is missing ObjectLockConfiguration');
  }
  const tagging = headers['x-amz-tagging'];
  return {
    headers: headersOf(headers),
    ...(typeof tagging === 'string' ? { tags: tagsOfHeader(tagging) } : {}),
  };
}

/** Nobody shall believe that something is encrypted which is not: neither what is written nor what is copied. */
export function refuseEncryption(headers: IncomingHttpHeaders): void {
  if (Object.keys(headers).some((name) => /^x-amz-(?:copy-source-)?server-side-encryption/.test(name))) {
    throw failure('NotImplemented', 'Server side encryption is not offered here.');
  }
}

/** The value, if an answer can carry it: in a query or a form it may have line breaks, and so further headers, in it. */
export function headerValue(name: string, value: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    throw failure('InvalidArgument', `${name} has characters that no header may have.`);
  return value;
}

function headersOf(headers: IncomingHttpHeaders): Record<string, string> {
  // S3: an object without a type has this one.
  const result: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  let userMetadata = 0;
  for (const [name, value] of Object.entries(headers)) {
    const isUserMetadata = name.startsWith('x-amz-meta-');
    if (typeof value !== 'string' || (!isUserMetadata && !kept.includes(name))) continue;
    if (isUserMetadata) userMetadata += name.length - 'x-amz-meta-'.length + value.length;
    const text = name === 'content-encoding' ? withoutFraming(value) : value;
    if (text !== '' || isUserMetadata) result[headerName(name)] = headerValue(name, text);
  }
  if (userMetadata > mostUserMetadata) throw failure('MetadataTooLarge');
  return result;
}

function headerName(name: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name))
    throw failure('InvalidArgument', 'A name of the metadata is none that a header may have.');
  return name;
}

/** `aws-chunked` is how the bytes travelled, not what they are. */
const withoutFraming = (encoding: string): string =>
  encoding
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && one.toLowerCase() !== 'aws-chunked')
    .join(',');
