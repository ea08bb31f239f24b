import type { IncomingHttpHeaders } from 'node:http';
import { failure } from '../failure.ts';
import { type Checksum, digestBytes, isChecksum } from './checksums.ts';

/** What a request says about the content it sends. */
export interface Declared {
  /** Base64, by kind. */
  checksums: Partial<Record<Checksum, string>>;
  /** The kind whose value comes as a trailer behind the content. */
  trailer?: Checksum;
  /** A kind that is to be computed, though no value was sent. */
  wanted?: Checksum;
  /** Base64. */
  md5?: string;
  /** Hex. */
  sha256?: string;
  /** Bytes. */
  size?: number;
}

const prefix = 'x-amz-checksum-';
const algorithms = ['x-amz-sdk-checksum-algorithm', 'x-amz-checksum-algorithm'];

/** Reads what the headers declare, or the failure that S3 has for it. `payload` is how the body was signed. */
export function declaredBy(headers: IncomingHttpHeaders, payload: string): Declared {
  const header = (name: string) => headers[name]?.toString();
  const wanted = algorithms.map(header).find((name) => name !== undefined);
  const trailer = header('x-amz-trailer')
    ?.split(',')
    .map((name) => name.trim().toLowerCase())
    .find((name) => name.startsWith(prefix));
  const md5 = header('content-md5');
  if (md5 !== undefined && !isBase64(md5, 16)) throw failure('InvalidDigest');
  const size = header('x-amz-decoded-content-length');
  if (size !== undefined && !/^\d{1,15}$/.test(size)) {
    throw failure('InvalidArgument', 'x-amz-decoded-content-length must be a number.');
  }
  return {
    checksums: valuesIn(headers),
    ...(trailer === undefined ? {} : { trailer: kindOf(trailer.slice(prefix.length)) }),
    ...(wanted === undefined ? {} : { wanted: kindOf(wanted.toLowerCase()) }),
    ...(md5 === undefined ? {} : { md5 }),
    ...(/^[0-9a-f]{64}$/i.test(payload) ? { sha256: payload.toLowerCase() } : {}),
    ...(size === undefined ? {} : { size: Number(size) }),
  };
}

/** They say how, not what. */
const settings = [`${prefix}algorithm`, `${prefix}type`, `${prefix}mode`];

function valuesIn(headers: IncomingHttpHeaders): Declared['checksums'] {
  const names = Object.keys(headers).filter((name) => name.startsWith(prefix) && !settings.includes(name));
  if (names.length > 1) {
    throw failure(
      'InvalidRequest',
      'Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.',
    );
  }
  return Object.fromEntries(
    names.map((name) => {
      const kind = kindOf(name.slice(prefix.length));
      const value = String(headers[name]);
      if (!isBase64(value, digestBytes[kind])) throw failure('InvalidRequest', `Value for ${name} header is invalid.`);
      return [kind, value];
    }),
  );
}

function kindOf(name: string): Checksum {
  if (!isChecksum(name)) throw failure('InvalidRequest', `Checksum algorithm provided is unsupported: ${name}.`);
  return name;
}

const isBase64 = (text: string, bytes: number): boolean => {
  const decoded = Buffer.from(text, 'base64');
  return decoded.length === bytes && decoded.toString('base64') === text;
};
