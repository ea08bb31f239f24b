import type { Definition, MinioProvider, Service, StorageProviders } from '../model/service.ts';
import type { Endpoint } from '../objects/buckets.ts';
import type { Volumes } from '../store/volumes.ts';

/** What a service is shown with: where the store of objects is, and which volumes there are. */
interface Surroundings {
  endpoint: Endpoint;
  volumes: Pick<Volumes, 'get'>;
}

/**
 * A service as OSCAR answers it: the stored definition, in its order, with what is only known now, and what was asked for
 * beside it.
 */
export function shown(
  { definition }: Service,
  { endpoint, volumes }: Surroundings,
  more: object = {},
): Record<string, unknown> {
  const { kserve, volume, ...rest } = definition;
  return {
    ...rest,
    storage_providers: shownProviders(rest.storage_providers, endpoint),
    ...(volume ? { volume } : {}),
    volume_status: volumeStatus(definition, volumes),
    ...more,
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

/** A service that is there attaches its volume: that is in use, if it is there. */
function volumeStatus({ volume, namespace }: Definition, volumes: Surroundings['volumes']) {
  if (!volume) return { enabled: false };
  const { name = '' } = volume;
  const found = volumes.get({ namespace, name });
  if (found) return { enabled: true, name, phase: found.leaving ? 'deleting' : 'in_use' };
  return { enabled: true, name, phase: 'error', error: `persistentvolumeclaims "${name}" not found` };
}
