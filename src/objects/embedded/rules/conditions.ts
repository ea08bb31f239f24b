import type { IncomingHttpHeaders } from 'node:http';
import type { ObjectVersion } from '../../../store/objects.ts';
import { failure } from '../failure.ts';

const names = (header: string): string[] =>
  header.split(',').map((name) => name.trim().replace(/^W\//, '').replaceAll('"', ''));

const includes = (header: string, etag: string): boolean => header.trim() === '*' || names(header).includes(etag);

const seconds = (time: number): number => Math.floor(time / 1000);

/** A date that cannot be read is no condition. */
const since = (header: string | undefined): number | undefined => {
  const time = Date.parse(header ?? '');
  return Number.isNaN(time) ? undefined : seconds(time);
};

const header = (headers: IncomingHttpHeaders, name: string): string | undefined => headers[name] as string | undefined;

/**
 * Whether a reader wants this object, by RFC 9110: an ETag outweighs the date beside it. `prefix` is
 * `x-amz-copy-source-` for the source of a copy.
 */
export function judge(
  headers: IncomingHttpHeaders,
  object: ObjectVersion,
  prefix = '',
): 'wanted' | 'unchanged' | 'failed' {
  const match = header(headers, `${prefix}if-match`);
  const noneMatch = header(headers, `${prefix}if-none-match`);
  const unmodifiedSince = since(header(headers, `${prefix}if-unmodified-since`));
  const modifiedSince = since(header(headers, `${prefix}if-modified-since`));
  const modified = seconds(object.modifiedAt);
  if (match !== undefined) {
    if (!includes(match, object.etag)) return 'failed';
  } else if (unmodifiedSince !== undefined && modified > unmodifiedSince) return 'failed';
  if (noneMatch !== undefined) {
    if (includes(noneMatch, object.etag)) return 'unchanged';
  } else if (modifiedSince !== undefined && modified <= modifiedSince) return 'unchanged';
  return 'wanted';
}

/** The check that a conditional write asks for: `If-None-Match: *` for a new object only, `If-Match` for a known one. */
export function writeCondition(headers: IncomingHttpHeaders): (current: ObjectVersion | undefined) => void {
  const match = headers['if-match'];
  const noneMatch = headers['if-none-match'];
  return (current) => {
    if (noneMatch !== undefined && current && includes(noneMatch, current.etag)) throw failure('PreconditionFailed');
    if (match === undefined) return;
    if (!current) throw failure('NoSuchKey');
    if (!includes(match, current.etag)) throw failure('PreconditionFailed');
  };
}
