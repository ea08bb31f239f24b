/** Why a bucket may not be called so, a sentence; nothing when it may. */
export function bucketNameFault(name: string): string | undefined {
  if (name.length < 3 || name.length > 63) return 'A bucket name has 3 to 63 characters.';
  if (!/^[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(name)) {
    return 'A bucket name consists of lower-case letters, digits, dots and hyphens, and begins and ends with a letter or digit.';
  }
  if (/\.\.|\.-|-\./.test(name)) return 'Dots in a bucket name stand between letters or digits.';
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return 'A bucket name must not look like an IP address.';
  // MinIO: its health checks live under that name.
  if (name === 'minio') return 'The name minio is taken.';
  return undefined;
}

type KeyFault = 'KeyTooLongError' | 'XMinioInvalidObjectName';

/** S3 allows 1024 bytes; like MinIO we refuse the segments `.` and `..`, which other tools take as folders. */
export function keyFault(key: string): KeyFault | undefined {
  if (Buffer.byteLength(key) > 1024) return 'KeyTooLongError';
  // Half a character is no UTF-8, and no file has the end of a text in its name.
  if (
    !key.isWellFormed() ||
    key.includes('\0') ||
    key.split('/').some((segment) => segment === '.' || segment === '..')
  )
    return 'XMinioInvalidObjectName';
  return undefined;
}
