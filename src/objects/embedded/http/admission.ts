import type { IncomingMessage } from 'node:http';
import type { Core } from '../core.ts';
import { failure } from '../failure.ts';
import { isPublic } from '../rules/policy.ts';
import type { Access } from '../signing/access.ts';
import { authenticate } from '../signing/signature.ts';
import type { Wanted } from '../versions.ts';
import type { Requester } from '../writes.ts';
import type { Target } from './target.ts';

/** Who asks, by the signature, if they may; anyone may what the bucket's policy says. Throws if neither allows it. */
export function admit(
  core: Core,
  { request, target, route }: { request: IncomingMessage; target: Target; route: string },
): { access: Access | undefined; by: Requester } {
  const { rights, now } = core;
  const access = authenticate(request, target, { secretOf: rights.secretOf, now });
  const may = access !== undefined && rights.allow(route, target.bucket, access.accessKey);
  if (!may && !isOpen(core, target, { route, access })) throw failure('AccessDenied');
  return { access, by: requester(request, access?.accessKey ?? '') };
}

/** May whoever asks also read this object? Others than its users only if its bucket's policy says so. */
export function mayRead(core: Core, access: Access | undefined, { bucket, key, version }: Wanted): boolean {
  if (access && core.rights.on(bucket, access.accessKey)) return true;
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

function isOpen(
  core: Core,
  { bucket, key, query }: Target,
  { route, access }: { route: string; access: Access | undefined },
): boolean {
  // A form carries its signature in its fields.
  if (route === 'bucket POST') return access === undefined;
  const action = actions[route];
  if (action === undefined) return false;
  const versioned = key && query.has('versionId') && action !== 's3:PutObject' ? `${action}Version` : action;
  const resource = `arn:aws:s3:::${key ? `${bucket}/${key}` : bucket}`;
  return isPublic(core.buckets.find(bucket)?.conf.policy, versioned, resource);
}
