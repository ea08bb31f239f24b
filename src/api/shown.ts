import type { MinioProvider, Service, StorageProviders, Volume } from '../model/service.ts';
import type { Endpoint } from '../objects/buckets.ts';

/** A service as OSCAR answers it: the stored definition, in its order, with what is only known now. */
export function shown({ name, definition }: Service, endpoint: Endpoint): Record<string, unknown> {
  const { kserve, volume, ...rest } = definition;
  return {
    ...rest,
    storage_providers: shownProviders(rest.storage_providers, endpoint),
    ...(volume ? { volume } : {}),
    volume_status: volumeStatus(volume, name),
    ...(kserve ? { kserve } : {}),
  };
}

function shownProviders({ s3, minio, onedata, webdav, rucio }: StorageProviders, endpoint: Endpoint): StorageProviders {
  return {
    ...(s3 ? { s3 } : {}),
    ...(minio ? { minio: shownMinio(minio, endpoint) } : {}),
    ...(onedata ? { onedata } : {}),
    ...(webdav ? { webdav } : {}),
    ...(rucio ? { rucio } : {}),
  };
}

/** The own store may have moved to another port since the service was declared. */
function shownMinio(minio: Record<string, MinioProvider>, { url, region }: Endpoint): Record<string, MinioProvider> {
  const own = minio.default;
  if (own?.access_key !== 'hidden') return minio;
  return { ...minio, default: { ...own, endpoint: url, verify: url.startsWith('https:'), region } };
}

const volumeStatus = (volume: Volume | undefined, service: string) =>
  volume ? { enabled: true, name: volume.name ?? service, phase: 'pending' } : { enabled: false };
