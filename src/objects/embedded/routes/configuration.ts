import { textOf } from '../content/receive.ts';
import { type Code, failure } from '../failure.ts';
import { sendDocument, sendEmpty, sendXml } from '../http/answer.ts';
import type { Call } from '../http/call.ts';
import { parseXml } from '../http/xml.ts';
import { checkBucketPolicy, isPublic } from '../rules/policy.ts';
import { bucketOf } from '../writes.ts';

/** `GET /bucket?versioning`: empty when it was never set. */
export function getVersioning(call: Call): void {
  const Status = bucketOf(call.core, call.bucket).conf.versioning;
  sendXml(call, 'VersioningConfiguration', Status ? { Status } : '');
}

/** `PUT /bucket?versioning` */
export async function putVersioning(call: Call): Promise<void> {
  const status = parseXml(await textOf(call), 'VersioningConfiguration').text('Status');
  if (status !== 'Enabled' && status !== 'Suspended') throw failure('MalformedXML');
  await configure(call, 'versioning', status);
  sendEmpty(call, 200);
}

/** Settings that are documents: kept and given back as they came. */
const documents: Record<string, { root: string; missing: Code }> = {
  cors: { root: 'CORSConfiguration', missing: 'NoSuchCORSConfiguration' },
  lifecycle: { root: 'LifecycleConfiguration', missing: 'NoSuchLifecycleConfiguration' },
};

const documentOf = (name: string) => documents[name] ?? { root: '', missing: 'NotImplemented' as const };

/** `GET /bucket?cors`, `?lifecycle` */
export const getDocument =
  (name: string) =>
  (call: Call): void => {
    const text = bucketOf(call.core, call.bucket).conf[name];
    if (text === undefined) throw failure(documentOf(name).missing);
    sendDocument(call, 'application/xml', text);
  };

/** `PUT /bucket?cors`, `?lifecycle` */
export const putDocument =
  (name: string) =>
  async (call: Call): Promise<void> => {
    const text = await textOf(call);
    parseXml(text, documentOf(name).root);
    await configure(call, name, text);
    sendEmpty(call, 200);
  };

/** `DELETE /bucket?cors`, `?lifecycle`, `?policy` */
export const deleteDocument =
  (name: string) =>
  async (call: Call): Promise<void> => {
    await configure(call, name, undefined);
    sendEmpty(call, 204);
  };

/** `GET /bucket?policy` */
export function getPolicy(call: Call): void {
  const text = bucketOf(call.core, call.bucket).conf.policy;
  if (text === undefined) throw failure('NoSuchBucketPolicy');
  sendDocument(call, 'application/json', text);
}

/** `PUT /bucket?policy` */
export async function putPolicy(call: Call): Promise<void> {
  const text = await textOf(call);
  checkBucketPolicy(text);
  await configure(call, 'policy', text);
  sendEmpty(call, 204);
}

/** `GET /bucket?policyStatus` */
export function getPolicyStatus(call: Call): void {
  const { conf, name } = bucketOf(call.core, call.bucket);
  sendXml(call, 'PolicyStatus', { IsPublic: isPublic(conf.policy, 's3:GetObject', `arn:aws:s3:::${name}/object`) });
}

/** What MinIO answers for a setting that is never set: an empty document, or that there is none. */
export const unset = {
  document:
    (root: string, tree: Record<string, unknown> | '' = '') =>
    (call: Call): void => {
      bucketOf(call.core, call.bucket);
      sendXml(call, root, tree);
    },
  missing:
    (code: Code) =>
    (call: Call): void => {
      bucketOf(call.core, call.bucket);
      throw failure(code);
    },
};

/** Keeps a setting of the bucket; without text it is removed. */
function configure(call: Call, name: string, text: string | undefined): Promise<void> {
  const { core, bucket } = call;
  return core.db.write(() => {
    bucketOf(core, bucket);
    core.buckets.configure(bucket, name, text);
  });
}
