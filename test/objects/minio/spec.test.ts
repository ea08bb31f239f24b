import { expect, it } from 'vitest';
import { minioSpec } from '../../../src/objects/minio/spec.ts';

it('what MinIO prints does not fill the disk', () => {
  const spec = minioSpec({ id: '0123456789ab', image: 'minio/minio', host: '127.0.0.1', port: 9000, settings: {} });
  expect(spec.HostConfig.LogConfig).toEqual({ Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } });
});
