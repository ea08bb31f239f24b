import { jsonSchemas } from '../../declare/schema.ts';
import { bool, int, type JsonSchema, list, map, nullable, object, oneOf, ref, text, time } from './schema.ts';

/** The documents that more than one answer holds, by name. */
export const components = (): Record<string, JsonSchema> => ({
  ServiceInput: input(),
  Service: service(),
  Deployment: deployment,
  Bucket: object(bucket, 'A bucket.'),
  BucketPage: object(
    {
      ...bucket,
      'objects?': list(ref('Object')),
      'next_page?': text('For the query of the next page.'),
      is_truncated: bool(),
      returned_items: int(),
    },
    'A bucket and a page of its objects.',
  ),
  Object: objectInBucket,
  Volume: volume,
  Quota: quota,
  Job: job,
  RequestLine: requestLine,
  Invocation: invocation,
});

/** What a service may be declared with. Keys count in any letter case, unknown ones do nothing. */
function input(): JsonSchema {
  const { service: schema, ignored } = jsonSchemas();
  const { $schema: _, ...rest } = schema;
  const script = text('The script itself.');
  return { ...rest, properties: { ...rest.properties, script, ...ignored.properties } };
}

/** A service as it is answered. OSCAR: what is not set reads as empty, but for the keys that are left out then. */
function service(): JsonSchema {
  const { properties = {} } = input();
  const {
    replicas: _,
    delegation: __,
    rescheduler_threshold: ___,
    image_rules: ____,
    imagePullSecrets: _____,
    ...own
  } = properties;
  const leftOut = ['federation', 'image_pull_secrets', 'storage_providers', 'clusters', 'namespace', 'volume'];
  return {
    type: 'object',
    description: 'A declared service.',
    properties: { ...own, volume_status: volumeStatus, deployment: ref('Deployment') },
    required: Object.keys(own).filter((key) => ![...leftOut, 'kserve', 'deployment', 'script'].includes(key)),
    additionalProperties: false,
  };
}

const volumeStatus = object({
  enabled: bool(),
  'name?': text(),
  'phase?': text('`pending`, `ready`, `in_use`, `deleting` or `error`.'),
  'error?': text(),
});

const states = ['pending', 'ready', 'degraded', 'failed', 'stopped', 'unavailable'];

const deployment = object(
  {
    'service_name?': text(),
    'namespace?': text(),
    state: oneOf(states),
    'reason?': text('A sentence.'),
    'last_transition_time?': time(),
    active_instances: int('Instances that are up, or coming up.'),
    affected_instances: int('Those of them that do not answer.'),
    'resource_kind?': oneOf(['exposed_service', 'kserve_service', 'knative_service', 'unavailable']),
  },
  'What runs of a service.',
);

const bucket = {
  bucket_name: text(),
  visibility: text('`private`, `restricted` or `public`; empty for buckets of the administrator.'),
  allowed_users: nullable(list(text())),
  owner: text(),
  metadata: map(text(), 'Tags.'),
  'storage_quota?': object({ 'max?': text(), 'max_bytes?': int(), source: oneOf(['bucket', 'unset', 'unsupported']) }),
  'storage_usage?': object({ used: text('As text: `1.5Ki`.'), used_bytes: int(), 'objects?': int() }),
  'attribution?': oneOf(['complete', 'partial']),
};

const volume = object(
  {
    name: text(),
    'namespace?': text(),
    'pvc_name?': text(),
    'size?': text('A quantity: `1Gi`.'),
    'owner_user?': text(),
    'created_by_service?': text(),
    'creation_mode?': oneOf(['api', 'service']),
    'lifecycle_policy?': oneOf(['delete', 'retain']),
    'attachments?': list(object({ service_name: text(), mount_path: text() }), 'The services that have it.'),
    status: object({
      'phase?': oneOf(['ready', 'in_use', 'pending', 'deleting']),
      'message?': text(),
      'attachment_count?': int(),
    }),
  },
  'A volume.',
);

const amount = object({ max: text(), used: text() });

const quota = object(
  {
    user_id: text(),
    'volumes?': object({
      disk: amount,
      volumes: amount,
      max_disk_per_volume: text(),
      min_disk_per_volume: text(),
    }),
    'minio?': object({
      buckets: object({ max: int('0 is no limit.'), used: int() }),
      storage_per_bucket: object({ max: text('`0` is no limit.') }),
      storage_total: object({ used: text() }),
    }),
  },
  'What a user may have, and has.',
);

const objectInBucket = object({
  object_name: text(),
  size_bytes: int(),
  'owner?': text(),
  'last_modified?': text('`2026-06-12 07:05:29 +0000 UTC`'),
});

const job = object({
  status: oneOf(['Suspended', 'Pending', 'Running', 'Succeeded', 'Failed', 'Unknown']),
  'creation_time?': time(),
  'start_time?': time(),
  'finish_time?': time(),
});

const requestLine = object({
  timestamp: time(),
  status: int(),
  latency: text('`1.234567ms`'),
  client_ip: text(),
  method: text(),
  path: text(),
  user: text('Subject of a user, `oscar` for the administrator, `nil` for who holds a token of the service.'),
  raw: text('The line as OSCAR has it in its log.'),
});

const invocation = object(
  {
    id: text(),
    service: text(),
    serviceVersion: int(),
    kind: oneOf(['run', 'job']),
    state: oneOf(['Pending', 'Running', 'Succeeded', 'Failed']),
    attempt: int(),
    'eventId?': text('The event that it is about.'),
    'object?': text('`bucket/key`'),
    'replayOf?': text('The invocation that it repeats.'),
    'exitCode?': int(),
    'reason?': text(),
    createdAt: time(),
    'startedAt?': time(),
    'finishedAt?': time(),
  },
  'One run of a service.',
);
