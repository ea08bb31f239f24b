import { receiveFrom } from '../content/receive.ts';
import { failure } from '../failure.ts';
import { type Form, readForm } from '../forms/form.ts';
import { sendEmpty, sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { quoted, urlEncoded } from '../http/documents.ts';
import { asBytes } from '../http/target.ts';
import { metaOf } from '../rules/meta.ts';
import { keyFault } from '../rules/names.ts';
import { keeping, storeReceived } from '../storing.ts';
import { type Added, bucketOf } from '../writes.ts';

/** `POST /bucket` with a form: a browser's upload, allowed by the signed policy in it. */
export async function postObject(call: Call): Promise<void> {
  const { core, bucket, request, headers, by } = call;
  if (!headers['content-type']?.startsWith('multipart/form-data')) throw failure('MethodNotAllowed');
  const { rights, now } = core;
  bucketOf(core, bucket);
  const form = await readForm(request, bucket, { secretOf: rights.secretOf, now });
  if (!rights.on(bucket, form.accessKey)) {
    form.file.resume();
    throw failure('AccessDenied');
  }
  const fault = keyFault(form.key);
  if (fault) throw failure(fault);
  const meta = metaOf(asHeaders({ ...form.fields, 'content-type': form.contentType }));
  const received = await receiveFrom(core, form.file);
  const added = await keeping(core, received.content, async () => {
    // Too long it cannot be: its reading would have failed.
    if (received.content.blob.size < form.range.least) throw failure('EntityTooSmall');
    return storeReceived(core, received, {
      bucket,
      key: form.key,
      event: 's3:ObjectCreated:Post',
      by: { ...by, principal: form.accessKey },
      meta,
    });
  });
  answer(call, form, added);
}

/** Fields are text, headers are bytes. */
const asHeaders = (fields: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, asBytes(value)]));

function answer(call: Call, { fields, key }: Form, { object, versionId }: Added): void {
  const { bucket, headers } = call;
  const location = `http://${headers.host ?? ''}/${bucket}/${urlEncoded(key)}`;
  const told = {
    etag: quoted(object.etag),
    location,
    ...(versionId ? { 'x-amz-version-id': versionId } : {}),
  };
  const redirect = redirectOf(fields, { bucket, key, etag: quoted(object.etag) });
  const status = fields.success_action_status;
  if (redirect || status !== '201') {
    const plain = status === '200' ? 200 : 204;
    sendEmpty(call, redirect ? 303 : plain, { ...told, location: redirect ?? location });
    return;
  }
  for (const [name, value] of Object.entries(told)) call.response.setHeader(name, value);
  sendXml(call, 'PostResponse', { Location: location, Bucket: bucket, Key: key, ETag: quoted(object.etag) }, 201);
}

function redirectOf(fields: Record<string, string>, told: Record<string, string>): string | undefined {
  const wish = fields.success_action_redirect;
  if (!wish || !URL.canParse(wish)) return undefined;
  const url = new URL(wish);
  for (const [name, value] of Object.entries(told)) url.searchParams.set(name, value);
  return url.href;
}
