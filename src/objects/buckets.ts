import type { Subscription } from '../model/event.ts';
import type { Payload } from '../model/task.ts';

/** Where clients reach the store, with the keys of the administrator. */
export interface Endpoint {
  url: string;
  region: string;
  accessKey: string;
  secretKey: string;
}

export interface Bucket {
  name: string;
  createdAt: number;
  tags: Record<string, string>;
  /** Current objects only. */
  objects: number;
  bytes: number;
}

export interface ObjectInfo {
  key: string;
  size: number;
  etag: string;
  contentType: string;
  modifiedAt: number;
}

export interface Page {
  objects: ObjectInfo[];
  /** Opaque; absent on the last page. */
  next?: string;
}

export interface PresignOptions {
  method: 'GET' | 'PUT';
  bucket: string;
  key: string;
  expiresSeconds: number;
  /** Of a PUT: a signed header. Of a GET: the type that the answer will have. */
  contentType?: string;
  /** Signed, so the caller must send exactly these. */
  headers?: Record<string, string>;
  /** The user who signs; without one it is the administrator. */
  keys?: { accessKey: string; secretKey: string };
}

/** Which object to read: the current one, or the very version that an event was about. */
export interface ObjectRef {
  bucket: string;
  key: string;
  eventId?: string;
  /** The service that reads it, */
  reader?: string;
  /** and who called that, where no event of the store did. */
  caller?: string | undefined;
}

/**
 * Files in buckets, whoever keeps them. Names that do not exist throw `not-found`, a bucket that is
 * already there throws `conflict`, a name that S3 forbids throws `invalid`.
 */
export interface Buckets {
  endpoint(): Endpoint;
  /** Does it let users in with keys of their own? Else there is the administrator alone. */
  knowsUsers(): boolean;
  /** There is another user, or another rule of a bucket: resolves when the store goes by it. */
  usersChanged(): Promise<void>;
  list(): Promise<Bucket[]>;
  find(bucket: string): Promise<Bucket | undefined>;
  /** What `find` tells, but for how much is in it: some stores have to look at every object to know. */
  tags(bucket: string): Promise<Record<string, string> | undefined>;
  create(bucket: string, tags: Record<string, string>): Promise<void>;
  tag(bucket: string, tags: Record<string, string>): Promise<void>;
  /** Removes the bucket and every object, version and upload in it. */
  remove(bucket: string): Promise<void>;
  objects(bucket: string, options: { prefix?: string; page?: string; limit: number }): Promise<Page>;
  /** Stores an object and raises its event, both or neither. `writer` is the service that wrote it. */
  put(
    bucket: string,
    key: string,
    content: Payload,
    options: { contentType?: string; writer?: string },
  ): Promise<ObjectInfo>;
  /** Deletes the current object and raises its event, both or neither; one that is not there is no error. */
  delete(bucket: string, key: string, options: { writer?: string }): Promise<void>;
  /** Copies an object into a new local file. */
  fetch(ref: ObjectRef, file: string): Promise<ObjectInfo>;
  /** Replaces everything that this service listens to. */
  subscribe(service: string, subscriptions: Subscription[]): Promise<void>;
  presign(options: PresignOptions): string;
}
