import type { Manifest } from '../../../engine/cluster.ts';
import type { Definition, Service } from '../../../model/service.ts';
import { scriptLines, superviseLines } from './lines.ts';
import { versionName } from './names.ts';
import { objectOf } from './objects.ts';
import type { Settings } from './settings.ts';

/** JSON is YAML, and quotes what YAML 1.1 would take for a date or a boolean; but a YAML reader refuses some characters. */
const yaml = (value: unknown): string =>
  `${JSON.stringify(value, undefined, 2).replace(
    /[\u007f-\u0084\u0086-\u009f\u2028\u2029\ufffe\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}\n`;

/** What the supervisor reads of a definition: the keys of the platform's own store are in a Secret. */
export function functionConfig(definition: Definition, { store }: Pick<Settings, 'store'>): string {
  const { name, log_level, file_stage_in, input, output, isolation_level, bucket_list } = definition;
  const own = { ...store, access_key: 'hidden', secret_key: 'hidden' };
  const minio = { ...definition.storage_providers.minio, default: own };
  const storage_providers = { ...definition.storage_providers, minio };
  return yaml({ name, log_level, file_stage_in, input, output, isolation_level, bucket_list, storage_providers });
}

/** The files of one version of a service. It never changes, so that what runs keeps the script that it began with. */
export const configMap = (service: Service, settings: Settings): Manifest => ({
  ...objectOf(service, settings, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: versionName(service, settings),
    role: 'config',
  }),
  immutable: true,
  data: {
    'function_config.yaml': functionConfig(service.definition, settings),
    'script.sh': scriptLines,
    'supervise.sh': superviseLines,
    'user-script': service.definition.script,
  },
});
