import { isFullDisk } from '../../model/errors.ts';

/** S3's own closed set of errors: the status of each, and what it says unless somebody knows better. */
const table = {
  AccessDenied: [403, 'Access Denied.'],
  AuthorizationHeaderMalformed: [400, 'The authorization header is malformed.'],
  AuthorizationQueryParametersError: [400, 'X-Amz-Expires must be between 1 and 604800 seconds.'],
  BadDigest: [400, 'The checksum that was sent does not match the content that arrived.'],
  BadRequest: [400, 'The request cannot be understood.'],
  BucketAlreadyOwnedByYou: [409, 'Your previous request to create the named bucket succeeded and you already own it.'],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty.'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed object size.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed object size.'],
  IncompleteBody: [400, 'The body is shorter than was announced.'],
  InternalError: [500, 'We encountered an internal error, please try again.'],
  InvalidAccessKeyId: [403, 'The access key ID you provided does not exist in our records.'],
  InvalidArgument: [400, 'Invalid Argument.'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidDigest: [400, 'The Content-MD5 or checksum that was sent is not valid.'],
  InvalidPart: [400, 'A part could not be found, or its ETag does not match.'],
  InvalidPartNumber: [416, 'The requested part number is not satisfiable.'],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order.'],
  InvalidRange: [416, 'The requested range is not satisfiable.'],
  InvalidRequest: [400, 'Invalid Request.'],
  InvalidTag: [400, 'The tag that was sent is not valid.'],
  InvalidURI: [400, 'The request path or query could not be decoded.'],
  KeyTooLongError: [400, 'Your key is too long: 1024 bytes are the most.'],
  MalformedPOSTRequest: [400, 'The body of your POST request is not well-formed multipart/form-data.'],
  MalformedPolicy: [400, 'The policy is not valid JSON, or lacks a required field.'],
  MalformedXML: [400, 'The XML that was sent is not well-formed, or is not what this request expects.'],
  MaxMessageLengthExceeded: [400, 'Your request was too big.'],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  NoSuchBucket: [404, 'The specified bucket does not exist'],
  NoSuchBucketPolicy: [404, 'The bucket policy does not exist'],
  NoSuchCORSConfiguration: [404, 'The CORS configuration does not exist'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchLifecycleConfiguration: [404, 'The lifecycle configuration does not exist'],
  NoSuchTagSet: [404, 'The TagSet does not exist'],
  NoSuchUpload: [404, 'The specified multipart upload does not exist. It may have been aborted or completed.'],
  NoSuchVersion: [404, 'The specified version does not exist.'],
  NoSuchWebsiteConfiguration: [404, 'The specified bucket does not have a website configuration'],
  NotImplemented: [501, 'This part of S3 is not implemented.'],
  ObjectLockConfigurationNotFoundError: [404, 'Object Lock configuration does not exist for this bucket'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  ReplicationConfigurationNotFoundError: [404, 'The replication configuration was not found'],
  RequestTimeTooSkewed: [
    403,
    'The difference between the request time and the server’s time is too large: set your clock.',
  ],
  ServerSideEncryptionConfigurationNotFoundError: [404, 'The server side encryption configuration was not found'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ],
  XAmzContentSHA256Mismatch: [400, 'The provided x-amz-content-sha256 header does not match what was computed.'],
  XMinioStorageFull: [507, 'No space is left on the disk of the data folder.'],
  XMinioInvalidObjectName: [400, 'Object name contains unsupported characters: a part of it is `.` or `..`.'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type Code = keyof typeof table;

/** Why an S3 request is refused. S3 has codes and statuses of its own, which its clients know by name. */
export class S3Failure extends Error {
  readonly code: Code;
  readonly status: number;

  constructor(code: Code, message?: string, cause?: unknown) {
    super(message ?? table[code][1], cause === undefined ? undefined : { cause });
    this.name = 'S3Failure';
    this.code = code;
    this.status = table[code][0];
  }
}

/** A failure to throw, with S3's usual sentence unless there is a better one. */
export const failure = (code: Code, message?: string, cause?: unknown): S3Failure =>
  new S3Failure(code, message, cause);

/** Anything thrown as a failure: what is not S3's is an internal error and keeps its cause. */
export function asFailure(error: unknown): S3Failure {
  if (error instanceof S3Failure) return error;
  return new S3Failure(isFullDisk(error) ? 'XMinioStorageFull' : 'InternalError', undefined, error);
}
