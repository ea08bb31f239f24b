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
export const storeSecret = (keys: { accessKey: string; secretKey: string }, settings: Settings): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: settings.storeSecret, namespace: settings.namespace, labels: settings.marks.of('store') },
  type: 'Opaque',
  data: encoded({ accessKey: keys.accessKey, secretKey: keys.secretKey }),
});
