import { type ErrorCode, SandboxError } from '../../model/errors.ts';

/** What a client of S3 throws: an answer with a status, or no answer at all. */
interface Failure {
  name?: string;
  message?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** What a call was about, for the sentence. */
export interface Subject {
  bucket?: string;
  key?: string;
}

/** Does a call of S3; what the store refuses, or that it does not answer, becomes a SandboxError. */
export type Ask = <T>(about: Subject, work: () => Promise<T>) => Promise<T>;

/** Asks the store at this address. */
export const asking =
  (address: () => string): Ask =>
  async (about, work) => {
    try {
      return await work();
    } catch (error) {
      throw toSandboxError(error, address(), about);
    }
  };

/** Undefined for what does not exist. */
export async function orUndefined<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof SandboxError && error.code === 'not-found') return undefined;
    throw error;
  }
}

type Told = [code: ErrorCode, message: string, hint?: string];

function toSandboxError(cause: unknown, url: string, { bucket, key }: Subject): SandboxError {
  if (cause instanceof SandboxError) return cause;
  const failure = cause as Failure;
  const status = failure.$metadata?.httpStatusCode;
  const [code, message, hint] =
    status === undefined
      ? silent(failure, url)
      : (refusals(url, bucket ?? '', key ?? '')[nameOf(failure, key)] ?? otherwise(failure, status, url));
  return new SandboxError(code, message, { ...(hint ? { hint } : {}), cause });
}

// An answer to HEAD has no body that would tell the name.
const nameOf = ({ name, $metadata }: Failure, key: string | undefined): string => {
  if (name === 'PreconditionFailed' || $metadata?.httpStatusCode === 412) return 'PreconditionFailed';
  if (name !== 'NotFound' && name !== 'Unknown' && name !== 'UnknownError') return name ?? '';
  if ($metadata?.httpStatusCode === 404) return key === undefined ? 'NoSuchBucket' : 'NoSuchKey';
  return $metadata?.httpStatusCode === 403 ? 'AccessDenied' : 'InvalidBucketName';
};

const keysHint = 'Check the access key and the secret key that the store was named with.';

function refusals(url: string, bucket: string, key: string): Record<string, Told> {
  const where = `The store at ${url}`;
  const noObject: Told = ['not-found', `There is no object ${key} in ${bucket}.`];
  const there: Told = ['conflict', `There is a bucket ${bucket} already.`];
  const badKey: Told = [
    'invalid',
    `An object cannot be called ${JSON.stringify(key)}.`,
    'A key has 1 to 1024 bytes, and no segment of it is empty, . or ..',
  ];
  const changed: Told = [
    'not-found',
    `The version of ${bucket}/${key} that the event was about is not kept any more.`,
    'Upload the file again.',
  ];
  return {
    NoSuchBucket: ['not-found', `No bucket is called ${bucket}.`],
    NoSuchKey: noObject,
    NoSuchVersion: changed,
    PreconditionFailed: changed,
    BucketAlreadyOwnedByYou: there,
    BucketAlreadyExists: there,
    InvalidBucketName: [
      'invalid',
      `A bucket cannot be called ${JSON.stringify(bucket)}.`,
      'A name has 3 to 63 lower-case letters, digits, dots and dashes, and begins and ends with a letter or digit.',
    ],
    XMinioInvalidObjectName: badKey,
    XMinioInvalidResourceName: badKey,
    XMinioParentIsObject: ['conflict', `${bucket}/${key} cannot be stored: an object is called like a folder of it.`],
    KeyTooLongError: badKey,
    InvalidAccessKeyId: ['unavailable', `${where} does not know the access key.`, keysHint],
    SignatureDoesNotMatch: ['unavailable', `${where} refuses the secret key.`, keysHint],
    AccessDenied: ['unavailable', `${where} does not allow this with the keys that were given.`, keysHint],
    XMinioStorageFull: ['unavailable', `No space is left on the disk of the store at ${url}.`, 'Make room there.'],
  };
}

const otherwise = ({ name, message }: Failure, status: number, url: string): Told => [
  status >= 500 ? 'unavailable' : 'invalid',
  `The store at ${url} says: ${message || name} (${status}).`,
];

const silent = ({ code, name, message }: Failure, url: string): Told => [
  'unavailable',
  `The store at ${url} does not answer: ${message || code || name}.`,
  'Is the address right, and is the store running?',
];
