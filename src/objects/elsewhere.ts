import type { Definition } from '../model/service.ts';

/** A store that a service names beside the platform's own: files as wholes, in and out. */
export interface Elsewhere {
  /** Stores a local file; what was there is replaced, folders on the way to it are made. `path` is `bucket/key` in S3. */
  put(path: string, content: { file: string; size: number }, contentType: string): Promise<void>;
  /** Copies a file into a new local one; answers its bytes. */
  fetch(path: string, file: string): Promise<number>;
}

/**
 * Opens the store that a definition calls so (`minio.edge`, `s3.mine`, `webdav.dcache`). Throws a sentence when it is
 * of a kind that is not spoken to here, or lacks something.
 */
export type OpenElsewhere = (definition: Definition, reference: string) => Promise<Elsewhere>;

/** The kinds of stores that are spoken to. */
export const reachableKinds: readonly string[] = ['minio', 's3', 'webdav'];
