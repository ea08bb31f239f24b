import { unpublished } from '../../daemon/images.ts';
import { isMap } from './comparable.ts';
import { hostIn, isLoopback } from './loopback.ts';
import type { Body } from './shapes.ts';

/** What of a service means something on this machine alone, a sentence each. */
export function localPlaces(service: Body): string[] {
  const { name, image } = service;
  const host = hostIn(String(image));
  const registry = String(image).includes('/') && isLoopback(host);
  return [
    ...(registry
      ? [`${name}: the registry of its image ${image} is on this machine; a cluster finds another one there.`]
      : []),
    ...addresses(service).map(
      ({ field, address }) => `${name}: ${field} is ${address}, which for a cluster is not this machine.`,
    ),
  ];
}

interface Address {
  field: string;
  address: string;
}

const addressKeys = ['endpoint', 'hostname', 'oneprovider_host', 'host', 'auth_host', 'token_endpoint', 'url'];

/** The addresses on this machine, but for that of the default store, which a cluster replaces by its own. */
function addresses({ storage_providers, clusters, federation, replicas }: Body): Address[] {
  const found: Address[] = [];
  const look = (value: unknown, path: string): void => {
    if (path === 'storage_providers.minio.default' || typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const field = `${path}.${key}`;
      if (addressKeys.includes(key) && typeof inner === 'string' && isLoopback(hostIn(inner))) {
        found.push({ field, address: hostIn(inner) });
      } else look(inner, field);
    }
  };
  for (const [key, value] of Object.entries({ storage_providers, clusters, federation, replicas })) {
    if (isMap(value) || Array.isArray(value)) look(value, key);
  }
  return found;
}

/** The images that only this machine's engine has, a sentence each. */
export async function localImages(
  services: readonly Body[],
  parts: { environment: Record<string, string>; home: string },
): Promise<string[]> {
  const images = [...new Set(services.map(({ image }) => String(image)))];
  const here = await unpublished(images, parts);
  return here.map(
    (image) =>
      `This machine has the image ${image} from no registry, as far as its engine can tell: see that a cluster can fetch it.`,
  );
}
