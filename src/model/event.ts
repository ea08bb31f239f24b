/** Something happened to an object: why a job runs. */
export interface ObjectEvent {
  id: string;
  /** `s3:ObjectCreated:Put`, `s3:ObjectRemoved:Delete`, … */
  name: string;
  bucket: string;
  key: string;
  versionId?: string;
  size: number;
  etag: string;
  contentType: string;
  /** Orders the events of one key; with bucket and key it names the event. */
  sequencer: string;
  /** Milliseconds since 1970. */
  time: number;
  /** The address and the access key that made the request. */
  sourceIp: string;
  principal: string;
  userAgent: string;
  /** The service whose run wrote the object: it is never triggered by its own output. */
  writer?: string;
}

/** Whom a bucket tells: the rule a service's input makes, or one that a client put into the bucket's notifications. */
export interface Subscription {
  bucket: string;
  service: string;
  /** Event name patterns, `s3:ObjectCreated:*`. */
  events: string[];
  prefix: string;
  suffix: string;
}

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** The services that an event starts, each once. */
export function targets(event: ObjectEvent, subscriptions: Subscription[]): string[] {
  const hit = subscriptions.filter(
    (s) =>
      s.bucket === event.bucket &&
      s.service !== event.writer &&
      event.key.startsWith(s.prefix) &&
      event.key.endsWith(s.suffix) &&
      s.events.some((pattern) => matches(pattern, event.name)),
  );
  return [...new Set(hit.map((s) => s.service))];
}

/** An object key as MinIO writes it into a record: query-escaped, `/` too, blank as `+`. */
const escapeKey = (key: string): string =>
  encodeURIComponent(key)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');

/** The body that MinIO posts to a webhook for this event, and that a script finds in `EVENT`. */
export function minioRecord(event: ObjectEvent, endpoint: string): Record<string, unknown> {
  const record = {
    eventVersion: '2.0',
    eventSource: 'minio:s3',
    awsRegion: '',
    eventTime: new Date(event.time).toISOString(),
    eventName: event.name,
    userIdentity: { principalId: event.principal },
    requestParameters: { principalId: event.principal, region: '', sourceIPAddress: event.sourceIp },
    responseElements: { 'x-amz-request-id': event.sequencer, 'x-minio-origin-endpoint': endpoint },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId: 'Config',
      bucket: {
        name: event.bucket,
        ownerIdentity: { principalId: event.principal },
        arn: `arn:aws:s3:::${event.bucket}`,
      },
      object: {
        key: escapeKey(event.key),
        size: event.size,
        eTag: event.etag,
        contentType: event.contentType,
        userMetadata: { 'content-type': event.contentType },
        ...(event.versionId ? { versionId: event.versionId } : {}),
        sequencer: event.sequencer,
      },
    },
    source: { host: event.sourceIp, port: '', userAgent: event.userAgent },
  };
  return { EventName: event.name, Key: `${event.bucket}/${event.key}`, Records: [record] };
}
