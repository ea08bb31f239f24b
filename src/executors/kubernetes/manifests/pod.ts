import type { Service } from '../../../model/service.ts';
import { volumeKey } from '../../../model/volume.ts';
import { ownSecrets, type Variable } from './environment.ts';
import { versionName } from './names.ts';
import { resourcesOf } from './resources.ts';
import { storeSecretOf } from './secrets.ts';
import { containerName, places, type Settings } from './settings.ts';

type Fields = Record<string, unknown>;

/** What one kind of pod has beside what all have. */
export interface Work {
  command?: string[];
  args?: string[];
  env: Variable[];
  /** Further fields of the container: its ports and probes. */
  container?: Fields;
  initContainers?: Fields[];
  volumes?: Fields[];
  mounts?: Fields[];
  /** The files in `/oscar/config`; all of the service's when absent. */
  config?: Fields;
}

/** The supervisor of the image's kind of system. */
export const supervisorOf = ({ definition }: Service): string =>
  `${places.programs}/${definition.alpine ? 'alpine/' : ''}supervisor`;

/** The volume with the programs, and what fills it. */
function programs({ programs, pull }: Settings): { volume: Fields; initContainers: Fields[] } {
  const name = 'oscar-volume';
  switch (programs.from) {
    case 'node':
      return { volume: { name, hostPath: { path: programs.path, type: 'Directory' } }, initContainers: [] };
    case 'claim':
      return {
        volume: { name, persistentVolumeClaim: { claimName: programs.name, readOnly: true } },
        initContainers: [],
      };
    case 'image': {
      const { image, command, to, variables } = programs;
      const env = Object.entries(variables).map(([key, value]) => ({ name: key, value }));
      const mounts = [{ name, mountPath: to }];
      const filler = { name: 'supervisor-container', image, imagePullPolicy: pull, command, env, volumeMounts: mounts };
      return { volume: { name, emptyDir: {} }, initContainers: [filler] };
    }
  }
}

/** The user's volume. */
function storage({ definition }: Service): { volumes: Fields[]; mounts: Fields[] } {
  const { volume, namespace } = definition;
  if (!volume?.name) return { volumes: [], mounts: [] };
  const name = 'service-volume';
  return {
    volumes: [{ name, persistentVolumeClaim: { claimName: volumeKey({ namespace, name: volume.name }) } }],
    mounts: [{ name, mountPath: volume.mount_path }],
  };
}

/** The store's keys, where the supervisor looks for them. */
export const keys = (service: Service, settings: Settings): { volumes: Fields[]; mounts: Fields[] } => ({
  volumes: [{ name: 'minio-user', secret: { secretName: storeSecretOf(service, settings) } }],
  mounts: [{ name: 'minio-user', mountPath: `${places.providers}/minio.default`, readOnly: true }],
});

const secretsOf = (service: Service, settings: Settings): Fields =>
  Object.keys(ownSecrets(service)).length > 0
    ? { envFrom: [{ secretRef: { name: versionName(service, settings) } }] }
    : {};

const capabilities = ({ definition }: Service): Fields =>
  definition.enable_sgx ? { securityContext: { capabilities: { add: ['SYS_RAWIO'] } } } : {};

/** The container in which all of a service runs. OSCAR: user and working folder are the image's own. */
const containerOf = (service: Service, settings: Settings, work: Work): Fields => ({
  name: containerName,
  image: service.definition.image,
  imagePullPolicy: settings.pull,
  ...(work.command ? { command: work.command } : {}),
  ...(work.args ? { args: work.args } : {}),
  env: work.env,
  ...secretsOf(service, settings),
  resources: resourcesOf(service.definition),
  ...capabilities(service),
  ...work.container,
  volumeMounts: [
    { name: 'oscar-config', mountPath: places.config, readOnly: true },
    { name: 'oscar-volume', mountPath: places.programs, readOnly: true },
    ...(work.mounts ?? []),
    ...storage(service).mounts,
  ],
});

/** What a pod of a service consists of. */
export function podSpec(service: Service, settings: Settings, work: Work): Fields {
  const { volume, initContainers } = programs(settings);
  const init = [...initContainers, ...(work.initContainers ?? [])];
  const { image_pull_secrets } = service.definition;
  return {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(image_pull_secrets?.length ? { imagePullSecrets: image_pull_secrets.map((name) => ({ name })) } : {}),
    ...(init.length > 0 ? { initContainers: init } : {}),
    containers: [containerOf(service, settings, work)],
    volumes: [
      { name: 'oscar-config', configMap: { name: versionName(service, settings), ...work.config } },
      volume,
      ...(work.volumes ?? []),
      ...storage(service).volumes,
    ],
  };
}
