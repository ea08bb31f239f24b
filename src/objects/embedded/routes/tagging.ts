import { textOf } from '../content/receive.ts';
import { failure } from '../failure.ts';
import { sendEmpty, sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { parseXml } from '../http/xml.ts';
import { mostTags, type Tags, tagSet, tagsOf } from '../rules/tags.ts';
import { shownVersion } from '../versions.ts';
import { bucketOf } from '../writes.ts';
import { requestedObject } from './read.ts';

const tagsOfBody = async (call: Call, most: number): Promise<Tags> => {
  const tags = parseXml(await textOf(call), 'Tagging')
    .at('TagSet')
    .all('Tag');
  return tagsOf(
    tags.map((tag) => [tag.text('Key') ?? '', tag.text('Value') ?? '']),
    most,
  );
};

/** `GET /bucket?tagging` */
export function getBucketTags(call: Call): void {
  const { tags } = bucketOf(call.core, call.bucket);
  if (Object.keys(tags).length === 0) throw failure('NoSuchTagSet');
  sendXml(call, 'Tagging', { TagSet: tagSet(tags) });
}

/** `PUT /bucket?tagging` */
export async function putBucketTags(call: Call): Promise<void> {
  await setBucketTags(call, await tagsOfBody(call, mostTags.bucket));
  // MinIO: 200, where AWS answers 204; minio-js takes nothing else.
  sendEmpty(call, 200);
}

/** `DELETE /bucket?tagging` */
export async function deleteBucketTags(call: Call): Promise<void> {
  await setBucketTags(call, {});
  sendEmpty(call, 204);
}

function setBucketTags({ core, bucket }: Call, tags: Tags): Promise<void> {
  return core.db.write(() => {
    bucketOf(core, bucket);
    core.buckets.setTags(bucket, tags);
  });
}

/** `GET /bucket/key?tagging` */
export function getObjectTags(call: Call): void {
  const object = requestedObject(call);
  const version = shownVersion(call.core, object);
  if (version) call.response.setHeader('x-amz-version-id', version);
  sendXml(call, 'Tagging', { TagSet: tagSet(object.meta.tags ?? {}) });
}

/** `PUT /bucket/key?tagging`: no event, though MinIO has one under `s3:ObjectCreated:*`. A tag is no new content to work on. */
export async function putObjectTags(call: Call): Promise<void> {
  await setObjectTags(call, await tagsOfBody(call, mostTags.object));
  sendEmpty(call, 200);
}

/** `DELETE /bucket/key?tagging` */
export async function deleteObjectTags(call: Call): Promise<void> {
  await setObjectTags(call, undefined);
  sendEmpty(call, 204);
}

function setObjectTags(call: Call, tags: Tags | undefined): Promise<void> {
  return call.core.db.write(() => {
    const object = requestedObject(call);
    const version = shownVersion(call.core, object);
    if (version) call.response.setHeader('x-amz-version-id', version);
    const { tags: _, ...meta } = object.meta;
    call.core.objects.setMeta({ ...object, meta: tags ? { ...meta, tags } : meta });
  });
}
