import type { ObjectVersion } from '../../../store/objects.ts';
import { failure } from '../failure.ts';
import { sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { isoTime, owner, quoted, urlEncoded } from '../http/documents.ts';
import { mostAsked, wholeNumber } from '../rules/numbers.ts';
import { type Entry, type Rolled, type RollOptions, roll } from '../rules/rolling.ts';
import { bucketOf } from '../writes.ts';

/** What all listings are asked with. */
export interface ListQuery {
  prefix: string;
  delimiter: string;
  limit: number;
  /** Keys as this listing writes them: `encoding-type=url` or plain. */
  encode: (key: string) => string;
  encodingType: string | undefined;
}

const most = 1000;

/** Reads the query of a listing; `limitName` is `max-keys` or `max-uploads`. */
export function listQuery({ query }: Call, limitName: string): ListQuery {
  const limit = wholeNumber(query.get(limitName), { name: limitName, absent: most, most: mostAsked });
  const encoding = query.get('encoding-type')?.toLowerCase();
  if (encoding && encoding !== 'url') throw failure('InvalidArgument', 'Invalid Encoding Method specified in Request');
  return {
    prefix: query.get('prefix') ?? '',
    delimiter: query.get('delimiter') ?? '',
    limit: Math.min(limit, most),
    encode: encoding ? urlEncoded : (key) => key,
    encodingType: encoding ? 'url' : undefined,
  };
}

/** `GET /bucket`: the older listing, or the newer one with `list-type=2`. */
export function listObjects(call: Call): void {
  bucketOf(call.core, call.bucket);
  if (call.query.get('list-type') === '2') listV2(call);
  else listV1(call);
}

function listV1(call: Call): void {
  const query = listQuery(call, 'max-keys');
  const marker = call.query.get('marker') ?? '';
  const page = pageOf(call, { ...query, after: marker });
  const last = nameOf(page.entries.at(-1));
  sendXml(call, 'ListBucketResult', {
    ...heading(call, query),
    Marker: query.encode(marker),
    ...(page.truncated ? { NextMarker: query.encode(last) } : {}),
    IsTruncated: page.truncated,
    ...content(page, query, true),
  });
}

function listV2(call: Call): void {
  const query = listQuery(call, 'max-keys');
  const token = call.query.get('continuation-token') ?? undefined;
  const startAfter = call.query.get('start-after') ?? '';
  if (token === '') throw failure('InvalidArgument', 'The continuation token provided is incorrect');
  const page = pageOf(call, { ...query, after: token === undefined ? startAfter : fromToken(token) });
  const last = nameOf(page.entries.at(-1));
  sendXml(call, 'ListBucketResult', {
    ...heading(call, query),
    KeyCount: page.entries.length,
    ...(token === undefined ? {} : { ContinuationToken: token }),
    ...(startAfter ? { StartAfter: query.encode(startAfter) } : {}),
    ...(page.truncated ? { NextContinuationToken: toToken(last) } : {}),
    IsTruncated: page.truncated,
    ...content(page, query, call.query.get('fetch-owner') === 'true'),
  });
}

const pageOf = ({ core, bucket }: Call, options: RollOptions): Rolled<ObjectVersion> =>
  roll(options, ({ key, inclusive }) => core.objects.current({ bucket, key, inclusive }));

/** The elements that every listing begins with. */
export const heading = (call: Call, { prefix, delimiter, limit, encode, encodingType }: ListQuery) => ({
  Name: call.bucket,
  Prefix: encode(prefix),
  ...(delimiter ? { Delimiter: encode(delimiter) } : {}),
  MaxKeys: limit,
  ...(encodingType ? { EncodingType: encodingType } : {}),
});

/** The rolled-up prefixes of a page, as every listing ends with them. */
export const prefixes = (entries: Entry<unknown>[], encode: ListQuery['encode']) => ({
  CommonPrefixes: entries.flatMap((entry) => ('prefix' in entry ? [{ Prefix: encode(entry.prefix) }] : [])),
});

const content = ({ entries }: Rolled<ObjectVersion>, { encode }: ListQuery, withOwner: boolean) => ({
  Contents: entries.flatMap((entry) =>
    'prefix' in entry
      ? []
      : [
          {
            Key: encode(entry.item.key),
            LastModified: isoTime(entry.item.modifiedAt),
            ETag: quoted(entry.item.etag),
            Size: entry.item.size,
            ...checksumOf(entry.item),
            ...(withOwner ? { Owner: owner } : {}),
            StorageClass: 'STANDARD',
          },
        ],
  ),
  ...prefixes(entries, encode),
});

const checksumOf = ({ meta }: ObjectVersion) => {
  const algorithms = Object.keys(meta.checksums ?? {}).map((name) => name.toUpperCase());
  if (algorithms.length === 0) return {};
  return { ChecksumAlgorithm: algorithms, ChecksumType: meta.checksumType ?? 'FULL_OBJECT' };
};

/** The name of an entry: a key or a rolled-up prefix. */
export const nameOf = (entry: Entry<{ key: string }> | undefined): string =>
  entry === undefined ? '' : 'prefix' in entry ? entry.prefix : entry.item.key;

/** A continuation token: opaque to clients. */
const toToken = (name: string): string => Buffer.from(name).toString('base64url');

/** The name in a continuation token. */
function fromToken(token: string): string {
  const name = Buffer.from(token, 'base64url').toString();
  if (toToken(name) !== token) throw failure('InvalidArgument', 'The continuation token provided is incorrect');
  return name;
}
