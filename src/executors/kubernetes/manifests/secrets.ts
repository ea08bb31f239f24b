import { createHash } from 'node:crypto';
import type { Manifest } from '../../../engine/cluster.ts';
import type { Service } from '../../../model/service.ts';
import { ownSecrets } from './environment.ts';
import { versionName } from './names.ts';
import { objectOf } from './objects.ts';
import type { Settings } from './settings.ts';

const encoded = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Buffer.from(value).toString('base64')]));

/** The secrets of one version of a service as its containers' variables; undefined when it has none. */
export function secrets(service: Service, settings: Settings): Manifest | undefined {
  const own = ownSecrets(service);
  if (Object.keys(own).length === 0) return undefined;
  return {
    ...objectOf(service, settings, {
      apiVersion: 'v1',
      kind: 'Secret',
      name: versionName(service, settings),
      role: 'secrets',
    }),
    type: 'Opaque',
    immutable: true,
    data: encoded(own),
  };
}

/** The keys of the platform's own store, as the supervisor looks for them. */
export const storeSecret = (
  keys: { accessKey: string; secretKey: string },
  settings: Settings,
  name = settings.storeSecret,
): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: settings.namespace, labels: settings.marks.of('store') },
  type: 'Opaque',
  data: encoded({ accessKey: keys.accessKey, secretKey: keys.secretKey }),
});

/** The Secret with the keys that the pods of a service get: a user's script must not find the administrator's. */
export function storeSecretOf({ definition: { owner } }: Service, settings: Settings): string {
  if (!settings.keysOf?.(owner)) return settings.storeSecret;
  return `${settings.storeSecret}-${createHash('sha256').update(owner).digest('hex').slice(0, 10)}`;
}

/** That Secret, where it is not the one of the store itself. */
export function ownerSecret(service: Service, settings: Settings): Manifest | undefined {
  const keys = settings.keysOf?.(service.definition.owner);
  return keys && storeSecret(keys, settings, storeSecretOf(service, settings));
}
