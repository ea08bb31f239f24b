/** The one owner of everything, with MinIO's ids. */
export const owner = {
  ID: '02d6176db174dc93cb1b899f7c6078f08654445fe8cf1b6ce98d8855f66bdbf4',
  DisplayName: 'minio',
};

/** An instant as documents carry it. */
export const isoTime = (time: number): string => new Date(time).toISOString();

/** An ETag as headers and documents carry it. */
export const quoted = (etag: string): string => `"${etag}"`;

/** A key as listings carry it under `encoding-type=url`: slashes stay. */
export const urlEncoded = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%2F', '/');

const renamed = (checksums: Record<string, string>, nameOf: (kind: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(checksums).map(([kind, value]) => [nameOf(kind), value]));

/** Checksums, by kind, as documents carry them. */
export const checksumElements = (checksums: Record<string, string>): Record<string, string> =>
  renamed(checksums, (kind) => `Checksum${kind.toUpperCase()}`);

/** Checksums, by kind, as headers. */
export const checksumHeaders = (checksums: Record<string, string>): Record<string, string> =>
  renamed(checksums, (kind) => `x-amz-checksum-${kind}`);
