import { randomBytes } from 'node:crypto';
import type { Upload } from '../../store/uploads.ts';
import { failure } from './failure.ts';
import type { Call } from './http/call.ts';

/** The upload that the request names, or the failure that S3 has for it. */
export function uploadOf({ core, bucket, key, query }: Call): Upload {
  const upload = core.uploads.find(query.get('uploadId') ?? '');
  if (!upload || upload.bucket !== bucket || upload.key !== key) throw failure('NoSuchUpload');
  return upload;
}

/** An id that sorts by when the upload began. */
export const uploadId = (seq: number): string => seq.toString(16).padStart(16, '0') + randomBytes(8).toString('hex');
