import type { Manifest } from '../../../engine/cluster.ts';
import { SandboxError } from '../../../model/errors.ts';
import { quantity } from '../../../model/quantity.ts';
import { type Definition, exposedBase, type Service, standingOf } from '../../../model/service.ts';
import { environment, ownVariables } from './environment.ts';
import { mountSidecar } from './mount.ts';
import { exposedNames } from './names.ts';
import { labelsOf, objectOf } from './objects.ts';
import { podSpec, supervisorOf, type Work } from './pod.ts';
import { places, type Settings } from './settings.ts';

/** OSCAR: unless `probe_mode` is `direct`, a server is asked at the path that its clients see. */
function healthPath({ name, expose }: Definition): string {
  const path = expose.health_path.startsWith('/') ? expose.health_path : `/${expose.health_path}`;
  const whole = expose.rewrite_target && expose.probe_mode?.toLowerCase() !== 'direct';
  return whole ? `${exposedBase(name)}${path}` : path;
}

/** OSCAR's probes, but for their first looks: here nobody waits ten seconds for them. */
function probes(definition: Definition) {
  const httpGet = { path: healthPath(definition), port: 'podport-0' };
  return {
    startupProbe: { httpGet, periodSeconds: 1, timeoutSeconds: 10, failureThreshold: 180 },
    readinessProbe: { httpGet, periodSeconds: 5, timeoutSeconds: 10 },
    livenessProbe: { httpGet, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 12 },
  };
}

const portsOf = ({ expose }: Definition): number[] => expose.api_port ?? [];

/** OSCAR: the script is run as a program, by its first line; or the image's own command is. */
function work(service: Service, settings: Settings): Work {
  const { definition } = service;
  const ports = portsOf(definition).map((containerPort, at) => ({ name: `podport-${at}`, containerPort }));
  const items = [
    { key: 'function_config.yaml', path: 'function_config.yaml' },
    { key: 'user-script', path: 'script.sh' },
  ];
  const { initContainers, volumes, mounts } = mountSidecar(service, settings);
  return {
    ...(definition.expose.default_command ? {} : { command: ['/bin/sh'], args: ['-c', `${places.config}/script.sh`] }),
    env: environment({ ...ownVariables(service), fprocess: supervisorOf(service) }).env,
    container: { ports, ...probes(definition) },
    config: { defaultMode: 0o777, items },
    initContainers,
    volumes,
    mounts,
  };
}

const appOf = ({ name }: Service): Record<string, string> => ({ app: exposedNames(name).app });

/** OSCAR's own notes on a Deployment that was stopped, and on the pods of one that was told to begin anew. */
const STOPPED = 'oscar.grycap.io/stopped';
const RESTARTED = 'oscar.grycap.io/restarted-at';

/** What a Deployment was made to do, in the words of `standingOf`. */
export function standingIn({ metadata, spec }: Manifest): string {
  const { template } = (spec ?? {}) as { template?: Partial<Manifest> };
  const stopped = metadata.annotations?.[STOPPED] === 'true';
  return standingOf({ stopped, restartedAt: Date.parse(template?.metadata?.annotations?.[RESTARTED] ?? '') || 0 });
}

function deployment(service: Service, settings: Settings): Manifest {
  const { stopped = false, restartedAt } = service;
  const name = exposedNames(service.name).deployment;
  const made = objectOf(service, settings, { apiVersion: 'apps/v1', kind: 'Deployment', name, role: 'exposed' });
  const annotations = restartedAt ? { annotations: { [RESTARTED]: new Date(restartedAt).toISOString() } } : {};
  return {
    ...made,
    metadata: { ...made.metadata, ...(stopped ? { annotations: { [STOPPED]: 'true' } } : {}) },
    spec: {
      replicas: stopped ? 0 : service.definition.expose.min_scale,
      selector: { matchLabels: appOf(service) },
      template: {
        metadata: { labels: { ...labelsOf(service, settings, 'exposed'), ...appOf(service) }, ...annotations },
        spec: podSpec(service, settings, work(service, settings)),
      },
    },
  };
}

/** OSCAR: as many of them as there are ports, or none. */
function nodePorts({ name, expose }: Definition): number[] {
  const { api_port = [], nodePort = [] } = expose;
  if (nodePort.length === 0 || nodePort.length === api_port.length) return nodePort;
  throw new SandboxError('invalid', `${name} has ${api_port.length} api_port and ${nodePort.length} nodePort.`, {
    hint: 'Give each port its nodePort (0 lets Kubernetes choose), or none.',
  });
}

function entrance(service: Service, settings: Settings): Manifest {
  const { definition } = service;
  const given = nodePorts(definition);
  const name = exposedNames(service.name).service;
  const ports = portsOf(definition).map((_, at) => ({
    name: `port-${at}`,
    port: 80 + at,
    targetPort: `podport-${at}`,
    ...(given[at] ? { nodePort: given[at] } : {}),
  }));
  return {
    ...objectOf(service, settings, { apiVersion: 'v1', kind: 'Service', name, role: 'exposed' }),
    spec: { type: given.length > 0 ? 'NodePort' : 'ClusterIP', selector: appOf(service), ports },
  };
}

/** OSCAR counts in percent of what a pod is sure to get; that is little here, so it is the same share of what it may use. */
function autoscaler(service: Service, settings: Settings): Manifest | undefined {
  const { min_scale, max_scale, cpu_threshold } = service.definition.expose;
  if (max_scale <= min_scale || service.stopped) return undefined;
  const names = exposedNames(service.name);
  const naming = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: names.autoscaler } as const;
  const most = Math.max(1, Math.round((quantity(service.definition.cpu) * 1000 * cpu_threshold) / 100));
  return {
    ...objectOf(service, settings, { ...naming, role: 'exposed' }),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: names.deployment },
      minReplicas: min_scale,
      maxReplicas: max_scale,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: `${most}m` } } },
      ],
    },
  };
}

/** What makes a web server of a service: its pods, the one address they have, and what counts them if that is to change. */
export function exposed(service: Service, settings: Settings): Manifest[] {
  const scaling = autoscaler(service, settings);
  return [deployment(service, settings), entrance(service, settings), ...(scaling ? [scaling] : [])];
}
