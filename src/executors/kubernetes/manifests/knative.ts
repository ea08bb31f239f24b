import type { Manifest } from '../../../engine/cluster.ts';
import type { Service } from '../../../model/service.ts';
import { environment, ownVariables } from './environment.ts';
import { serveLines } from './lines.ts';
import { annotationsOf, labelsOf, objectOf } from './objects.ts';
import { keys, podSpec, supervisorOf } from './pod.ts';
import { places, type Settings } from './settings.ts';

/** Knative sets these itself, and refuses a service that does. */
const reserved = ['PORT', 'K_SERVICE', 'K_CONFIGURATION', 'K_REVISION'];

/** What a service's variables are called that Knative keeps for itself. */
export const reservedNames = ({ definition }: Service): string[] =>
  reserved.filter((name) => name in definition.environment.variables);

function variables(service: Service, { callTimeoutSeconds }: Settings): Record<string, string> {
  const own = Object.entries(ownVariables(service)).filter(([name]) => !reserved.includes(name));
  return {
    ...Object.fromEntries(own),
    fprocess: `/bin/sh ${places.config}/supervise.sh call ${supervisorOf(service)}`,
    // A watchdog that is out of time first would cut the answer off.
    read_timeout: String(callTimeoutSeconds),
    write_timeout: String(callTimeoutSeconds),
    // Its log has the script's output already, as it came.
    write_debug: 'false',
  };
}

/** What says nothing has five minutes; more than ten are refused, unless the cluster's `config-defaults` allow them. */
const timeouts = (seconds: number): Record<string, number> =>
  seconds === 300 ? {} : { timeoutSeconds: seconds, responseStartTimeoutSeconds: seconds };

/** OSCAR: Knative is asked to let a capability through. */
const allowances = ({ definition }: Service): Record<string, string> =>
  definition.enable_sgx
    ? { 'kubernetes.podspec-securitycontext': 'enabled', 'kubernetes.containerspec-addcapabilities': 'enabled' }
    : {};

/** Takes the calls of a service, each in a pod of its own. */
export function knativeService(service: Service, settings: Settings, visibility: 'outside' | 'cluster'): Manifest {
  const { definition } = service;
  const { min_scale, max_scale } = definition.synchronous;
  const name = { apiVersion: 'serving.knative.dev/v1', kind: 'Service', name: service.name, role: 'service' } as const;
  const { metadata, ...kind } = objectOf(service, settings, name);
  const hidden: Record<string, string> =
    visibility === 'cluster' ? { 'networking.knative.dev/visibility': 'cluster-local' } : {};
  return {
    ...kind,
    metadata: { ...metadata, labels: { ...metadata.labels, ...hidden }, ...annotationsOf(service) },
    spec: {
      template: {
        metadata: {
          annotations: {
            'autoscaling.knative.dev/min-scale': String(min_scale),
            'autoscaling.knative.dev/max-scale': String(max_scale),
            ...allowances(service),
          },
          // Another version has another label, so another revision.
          labels: labelsOf(service, settings, 'service'),
        },
        spec: {
          containerConcurrency: 1,
          ...timeouts(settings.callTimeoutSeconds),
          ...podSpec(service, settings, {
            command: ['/bin/sh'],
            args: ['-c', serveLines],
            env: environment(variables(service, settings)).env,
            ...keys(service, settings),
          }),
        },
      },
    },
  };
}
