import type { Connection } from './connection.ts';

/** Removes everything in a bucket: objects, their versions, and what was begun to be sent in parts. */
export async function emptyBucket(connection: Connection, bucket: string): Promise<void> {
  await abortUploads(connection, bucket);
  await removeVersions(connection, bucket);
}

async function abortUploads({ client, ask }: Connection, Bucket: string): Promise<void> {
  const about = { bucket: Bucket };
  const { Uploads = [] } = await ask(about, () => client.listMultipartUploads({ Bucket }));
  for (const { Key, UploadId } of Uploads) {
    await ask(about, () => client.abortMultipartUpload({ Bucket, Key, UploadId }));
  }
  // A store may tell of them in part: until there is none.
  if (Uploads.length > 0) await abortUploads({ client, ask }, Bucket);
}

async function removeVersions({ client, ask }: Connection, Bucket: string): Promise<void> {
  for (;;) {
    const listed = await ask({ bucket: Bucket }, () => client.listObjectVersions({ Bucket }));
    const all = [...(listed.Versions ?? []), ...(listed.DeleteMarkers ?? [])];
    if (all.length === 0) return;
    const Objects = all.map(({ Key, VersionId }) => ({ Key, VersionId }));
    await ask({ bucket: Bucket }, async () => {
      const { Errors = [] } = await client.deleteObjects({ Bucket, Delete: { Objects, Quiet: true } });
      const [first] = Errors;
      if (first) throw Object.assign(new Error(`${first.Key}: ${first.Message}`), { name: first.Code });
    });
  }
}
