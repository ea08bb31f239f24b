import type { IncomingMessage } from 'node:http';
import type { Core } from '../core.ts';
import { failure } from '../failure.ts';
import { isPublic } from '../rules/policy.ts';
import type { Access } from '../signing/access.ts';
import { authenticate } from '../signing/signature.ts';
import type { Wanted } from '../versions.ts';
import type { Requester } from '../writes.ts';
import type { Target } from './target.ts';

/** Whose signatures count. */
export interface Admission {
  secretOf: (accessKey: string) => string | undefined;
}

/** Who asks, by the signature, or by the bucket's policy when there is none. Throws if neither allows it. */
export function admit(
  { core, secretOf }: Admission & { core: Core },
  { request, target, route }: { request: IncomingMessage; target: Target; route: string },
): { access: Access | undefined; by: Requester } {
  const access = authenticate(request, target, { secretOf, now: core.now });
  if (!access && !isOpen(core, target, route)) throw failure('AccessDenied');
  return { access, by: requester(request, access?.accessKey ?? '') };
}

/** May whoever asks also read this object? Somebody without credentials only if its bucket's policy says so. */
export function mayRead(core: Core, access: Access | undefined, { bucket, key, version }: Wanted): boolean {
  if (access) return true;
  const action = version ? 's3:GetObjectVersion' : 's3:GetObject';
  return isPublic(core.buckets.find(bucket)?.conf.policy, action, `arn:aws:s3:::${bucket}/${key}`);
}

/** Where a request comes from, and in whose name. */
const requester = ({ socket, headers }: IncomingMessage, principal: string): Requester => ({
  principal,
  sourceIp: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
  userAgent: headers['user-agent'] ?? '',
});

/** What a policy calls the requests that may be open to everyone. */
const actions: Record<string, string> = {
  'bucket GET': 's3:ListBucket',
  'bucket HEAD': 's3:ListBucket',
  'bucket GET location': 's3:GetBucketLocation',
  'bucket GET uploads': 's3:ListBucketMultipartUploads',
  'bucket GET versions': 's3:ListBucketVersions',
  'object GET': 's3:GetObject',
  'object HEAD': 's3:GetObject',
  'object PUT': 's3:PutObject',
  'object DELETE': 's3:DeleteObject',
  'object POST uploads': 's3:PutObject',
  'object PUT uploadId': 's3:PutObject',
  'object POST uploadId': 's3:PutObject',
  'object GET uploadId': 's3:ListMultipartUploadParts',
  'object DELETE uploadId': 's3:AbortMultipartUpload',
};

function isOpen(core: Core, { bucket, key, query }: Target, route: string): boolean {
  // A form carries its signature in its fields.
  if (route === 'bucket POST') return true;
  const action = actions[route];
  if (action === undefined) return false;
  const versioned = key && query.has('versionId') && action !== 's3:PutObject' ? `${action}Version` : action;
  const resource = `arn:aws:s3:::${key ? `${bucket}/${key}` : bucket}`;
  return isPublic(core.buckets.find(bucket)?.conf.policy, versioned, resource);
}
