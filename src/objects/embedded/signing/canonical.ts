import { decoded, percentEncoded } from '../http/target.ts';
import { algorithm } from './credential.ts';
import { hmacHex, sha256Hex } from './digests.ts';

/** When and for what something is signed, and with which key. */
export interface Signer {
  key: Buffer;
  /** `20130524T000000Z` */
  time: string;
  scope: string;
}

/** What a signature of version 4 covers. */
interface Signable {
  method: string;
  /** As it is sent. */
  path: string;
  query: [name: string, value: string][];
  /** The signed headers and their values, lower-case names in order. */
  headers: [name: string, values: string[]][];
  payload: string;
}

/** The signature of version 4 of a request. */
export const sign = ({ key, time, scope }: Signer, what: Signable): string =>
  // Each of its characters stands for a byte.
  hmacHex(key, [algorithm, time, scope, sha256Hex(Buffer.from(canonicalRequest(what), 'latin1'))].join('\n'));

/** The one text that both sides make of a request, in characters that each stand for a byte. */
const canonicalRequest = ({ method, path, query, headers, payload }: Signable): string =>
  [
    method,
    canonicalPath(path),
    canonicalQuery(query),
    ...headers.map(([name, values]) => `${name}:${values.map(folded).join(',')}`),
    '',
    headers.map(([name]) => name).join(';'),
    payload,
  ].join('\n');

// Decoded first: clients differ in what they leave unencoded.
const canonicalPath = (path: string): string =>
  path
    .split('/')
    .map((segment) => percentEncoded(decoded(segment)))
    .join('/');

/** A query in the order and the encoding that signatures ask for. */
export const canonicalQuery = (query: [name: string, value: string][]): string =>
  query
    .map(([name, value]) => [percentEncoded(name), percentEncoded(value)] as const)
    .sort((one, other) => byName(one, other) || order(one[1], other[1]))
    .map((pair) => pair.join('='))
    .join('&');

const order = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

/** Sorts pairs as signatures want them, stable among those of one name. */
export const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  order(one, other);

const folded = (value: string): string => value.trim().replace(/\s+/g, ' ');
