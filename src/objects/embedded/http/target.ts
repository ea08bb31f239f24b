import { failure } from '../failure.ts';

/** What a request's address names. */
export interface Target {
  /** The path as it was sent: a signature is about these very characters. */
  path: string;
  /** Empty when the address names no bucket. */
  bucket: string;
  /** Empty when the address names no object. */
  key: string;
  /** Names and values in the order they were sent. */
  query: URLSearchParams;
}

/** Takes the raw address of a request apart; `InvalidURI` for what cannot be decoded. */
export function parseTarget(url: string): Target {
  // A client that takes us for a proxy names the host as well.
  const address = url.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = address.indexOf('?');
  const path = (mark < 0 ? address : address.slice(0, mark)) || '/';
  if (!path.startsWith('/')) throw failure('InvalidURI');
  const [bucket = '', ...rest] = path.slice(1).split('/').map(decoded);
  return { path, bucket, key: rest.join('/'), query: parseQuery(mark < 0 ? '' : address.slice(mark + 1)) };
}

/** The text that percent-encoding stands for, or `InvalidURI`. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(asSent(text));
  } catch {
    throw failure('InvalidURI');
  }
}

/** Percent-encoded as RFC 3986 has it, slashes too. */
export const percentEncoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

/** A bucket and a key as they stand in an address. */
export const encodePath = (path: string): string => path.split('/').map(percentEncoded).join('/');

/** A text in characters that each stand for a byte, as HTTP carries it. */
export const asBytes = (text: string): string => Buffer.from(text).toString('latin1');

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Node reads an address as Latin-1, but unencoded letters are sent as UTF-8. */
const asSent = (text: string): string =>
  /[\u0080-\u00ff]/.test(text) ? utf8.decode(Buffer.from(text, 'latin1')) : text;

function parseQuery(text: string): URLSearchParams {
  const pairs = text.split('&').filter((pair) => pair !== '');
  return new URLSearchParams(
    pairs.map((pair): [string, string] => {
      const mark = pair.indexOf('=');
      const [name, value] = mark < 0 ? [pair, ''] : [pair.slice(0, mark), pair.slice(mark + 1)];
      return [formDecoded(name), formDecoded(value)];
    }),
  );
}

const formDecoded = (text: string): string => decoded(text.replaceAll('+', ' '));
