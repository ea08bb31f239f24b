import type { Ask } from './failures.ts';
import type { Client } from './sdk.ts';

/** How a store outside is spoken to. */
export interface Connection {
  client: Client;
  ask: Ask;
}

/** An object that is to be. */
export interface Draft {
  Bucket: string;
  Key: string;
  ContentType: string;
  Metadata: Record<string, string>;
}

/** An etag without the quotes that HTTP puts around it. */
export const unquoted = (etag: string): string => etag.replace(/^"|"$/g, '');

/** S3: the largest object that one request may bring is 5 GiB. */
export const largestInOne = 5 * 2 ** 30;
