import type { QueueConfiguration, S3 } from '@aws-sdk/client-s3';
import type { Endpoint } from '../buckets.ts';

/** A client of a store, with a method for each call of S3. */
export type Client = S3;
export type { QueueConfiguration };

/** A store that need not be the platform's own. */
export interface Account extends Omit<Endpoint, 'url'> {
  /** Amazon's own address for the region, if absent. */
  url?: string | undefined;
  /** `false`: any certificate of the server is good. */
  verify?: boolean;
}

/** Connects to a store; nothing is sent yet. */
export async function openClient({ url, region, accessKey, secretKey, verify = true }: Account): Promise<Client> {
  const { S3 } = await import('@aws-sdk/client-s3');
  return new S3({
    ...(url === undefined ? {} : { endpoint: url }),
    region,
    // Buckets are no names of hosts here.
    forcePathStyle: true,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    // Else every answer's checksum is demanded of stores that know none.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 5_000,
      throwOnRequestTimeout: true,
      ...(verify ? {} : { httpsAgent: { rejectUnauthorized: false } }),
    },
  });
}
