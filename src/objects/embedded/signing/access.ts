import type { IncomingHttpHeaders } from 'node:http';
import { failure } from '../failure.ts';
import type { Signer } from './canonical.ts';

/** The part of a request that signatures are about. */
export interface Signed {
  method?: string | undefined;
  headers: IncomingHttpHeaders;
  /** Every value on its own: Node joins some, and drops others. */
  headersDistinct: NodeJS.Dict<string[]>;
}

/** What a signature is checked with. */
export interface Checking {
  /** The secret of an access key. */
  secretOf: (accessKey: string) => string | undefined;
  now: () => number;
}

/** What the signatures of a stream's chunks go on from. */
export interface Seed extends Signer {
  signature: string;
}

/** Who asks, and how the body is vouched for. */
export interface Access {
  accessKey: string;
  /** The SHA-256 of the body in hexadecimal digits, or one of the modes. */
  payload: string;
  /** The signature came in the query. */
  presigned: boolean;
  /** Only with a signature of version 4. */
  seed?: Seed;
  /** The headers that a link has in its query. */
  carried?: IncomingHttpHeaders;
}

/** What a request says of its body where the SHA-256 would stand. */
export const mode = {
  unsigned: 'UNSIGNED-PAYLOAD',
  signedChunks: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
  signedChunksTrailer: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
  unsignedChunksTrailer: 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
} as const;

const modes: string[] = Object.values(mode);

/** The payload that the text declares: a digest or a mode; a failure for anything else. */
export function payloadOf(text: string): string {
  if (modes.includes(text)) return text;
  if (/^[0-9a-f]{64}$/i.test(text)) return text.toLowerCase();
  if (text.startsWith('STREAMING-')) throw failure('NotImplemented', `The payload ${text} is not offered here.`);
  throw failure(
    'InvalidArgument',
    `x-amz-content-sha256 must be ${modes.join(', ')} or a SHA-256 in hexadecimal digits.`,
  );
}

/** What the headers say of the body, signed or not. */
export const declaredPayload = (headers: IncomingHttpHeaders): string =>
  payloadOf(String(headers['x-amz-content-sha256'] ?? mode.unsigned));
