import { textOf } from '../content/receive.ts';
import { failure } from '../failure.ts';
import { sendEmpty, sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { bucketNameFault } from '../rules/names.ts';
import { bucketOf, removeBucket } from '../writes.ts';

/** `PUT /bucket` */
export async function createBucket(call: Call): Promise<void> {
  const { core, bucket, headers } = call;
  await textOf(call);
  if (bucketNameFault(bucket)) throw failure('InvalidBucketName');
  if (headers['x-amz-bucket-object-lock-enabled'] === 'true') {
    throw failure('NotImplemented', 'Object lock is not offered here.');
  }
  const row = { name: bucket, createdAt: core.now(), tags: {}, conf: {} };
  if (!(await core.db.write(() => core.buckets.add(row)))) throw failure('BucketAlreadyOwnedByYou');
  sendEmpty(call, 200, { location: `/${bucket}` });
}

/** `HEAD /bucket` */
export function headBucket(call: Call): void {
  bucketOf(call.core, call.bucket);
  sendEmpty(call, 200, { 'x-amz-bucket-region': call.core.region });
}

/** `DELETE /bucket`; with MinIO's `x-minio-force-delete` whatever is in it. */
export async function deleteBucket(call: Call): Promise<void> {
  const { core, bucket, headers } = call;
  const force = headers['x-minio-force-delete'] === 'true';
  await removeBucket(core, bucket, () => {
    bucketOf(core, bucket);
    if (!force && !core.buckets.isEmpty(bucket)) throw failure('BucketNotEmpty');
  });
  sendEmpty(call, 204);
}

/** `GET /bucket?location`: empty for the region that S3 began in. */
export function getLocation(call: Call): void {
  bucketOf(call.core, call.bucket);
  const { region } = call.core;
  sendXml(call, 'LocationConstraint', region === 'us-east-1' ? '' : region);
}
