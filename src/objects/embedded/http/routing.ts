import { failure } from '../failure.ts';
import { bucketRoutes } from '../routes/buckets.ts';
import { listenToEvents } from '../routes/listen.ts';
import { objectRoutes } from '../routes/objects.ts';
import { listBuckets } from '../routes/service.ts';
import type { Handler, Routes } from './call.ts';
import type { Target } from './target.ts';

/** Subresources that S3 has and that nobody here asked for. */
const unoffered = new Set([
  'accelerate',
  'analytics',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'logging',
  'metadataTable',
  'metrics',
  'ownershipControls',
  'publicAccessBlock',
  'replication-metrics',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'torrent',
  'website',
  'encryption',
  'object-lock',
  'replication',
]);

const scope = (name: string, routes: Routes) => ({
  name,
  routes,
  subresources: new Set([...Object.keys(routes).flatMap((route) => route.split(' ').slice(1)), ...unoffered]),
});

const scopes = {
  service: scope('service', { GET: listBuckets, 'GET events': listenToEvents }),
  bucket: scope('bucket', bucketRoutes),
  object: scope('object', objectRoutes),
};

interface Route {
  /** `object GET tagging` */
  name: string;
  handle: Handler;
}

/** What a request asks for, or the failure that S3 has for it. */
export function routeOf(method: string, { bucket, key, query }: Target): Route {
  const scope = scopes[key ? 'object' : bucket ? 'bucket' : 'service'];
  const subresource = [...query.keys()].find((name) => scope.subresources.has(name));
  const name = subresource ? `${method} ${subresource}` : method;
  const handle = Object.hasOwn(scope.routes, name) ? scope.routes[name] : undefined;
  if (handle) return { name: `${scope.name} ${name}`, handle };
  throw failure(subresource && unoffered.has(subresource) ? 'NotImplemented' : 'MethodNotAllowed');
}
