import type { IncomingHttpHeaders } from 'node:http';
import { asBytes } from '../http/target.ts';

/** They are about the signature itself. */
const aboutSignature = ['algorithm', 'credential', 'date', 'expires', 'signedheaders', 'signature', 'security-token'];

/**
 * Some say how a client would have checked a body that it did not have yet: the SDK puts the checksum of nothing into a
 * link for an upload.
 */
const aboutBody = /^x-amz-(?:checksum-|sdk-checksum-algorithm$|content-sha256$|trailer$|decoded-content-length$)/;

const ignored = new Set(aboutSignature.map((name) => `x-amz-${name}`));

/** The headers among the parameters of a link, for whoever follows it without them. Hand in what its signature covers. */
export function carriedHeaders(covered: Iterable<[name: string, value: string]>): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (const [given, value] of covered) {
    const name = given.toLowerCase();
    const isHeader = name.startsWith('x-amz-') || name === 'content-type' || name === 'content-md5';
    if (isHeader && !ignored.has(name) && !aboutBody.test(name)) headers[name] ??= asBytes(value);
  }
  return headers;
}
