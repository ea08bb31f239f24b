import type { Condition } from '../model/deployment.ts';
import { isExposed, type Service } from '../model/service.ts';
import { seconds } from './formats.ts';

/** What the API knows of how services run. */
export interface Deployments {
  /** Looks once; answers how each service is doing. */
  look(): Promise<(service: Service) => Condition>;
}

/** How a service is doing, as OSCAR puts it into the service itself. */
export function deploymentSummary({ definition }: Service, condition: Condition): Record<string, unknown> {
  const { state, since, instances, affected } = condition;
  const exposed = isExposed(definition);
  const reason = condition.reason ?? usualReason(condition, exposed);
  if (state === 'unavailable') {
    return { state, ...(reason ? { reason } : {}), active_instances: 0, affected_instances: 0, resource_kind: state };
  }
  return {
    state,
    ...(reason ? { reason } : {}),
    last_transition_time: seconds(since),
    active_instances: instances,
    affected_instances: affected,
    resource_kind: exposed ? 'exposed_service' : 'knative_service',
  };
}

/** The same as an answer of its own. */
export const deploymentStatus = (service: Service, condition: Condition): Record<string, unknown> => ({
  service_name: service.name,
  ...(service.definition.namespace ? { namespace: service.definition.namespace } : {}),
  ...deploymentSummary(service, condition),
});

/** What `?include=deployment` adds to a service: nothing, unless it is asked for. */
export async function included(
  query: URLSearchParams,
  deployments: Deployments,
): Promise<(service: Service) => Record<string, unknown>> {
  const asked = (query.get('include') ?? '').split(',').map((word) => word.trim().toLowerCase());
  if (!asked.includes('deployment')) return () => ({});
  const conditionOf = await deployments.look();
  return (service) => ({ deployment: deploymentSummary(service, conditionOf(service)) });
}

/** OSCAR's words where nobody has said why. */
function usualReason({ state, instances, affected }: Condition, exposed: boolean): string | undefined {
  if (state === 'degraded') return `${affected} of ${instances} instances are affected.`;
  return (exposed ? ofServers : ofRuntime)[state];
}

const unavailable = 'Current deployment resources are unavailable.';

const ofServers: Partial<Record<Condition['state'], string>> = {
  ready: 'Deployment is ready.',
  stopped: 'Deployment is stopped.',
  unavailable,
};

const ofRuntime: Partial<Record<Condition['state'], string>> = {
  ready: 'Runtime service is ready.',
  pending: 'Runtime service is still reconciling.',
  failed: 'Runtime service is not ready.',
  unavailable,
};

const most = 1000;
const usual = 200;

/** How many lines are asked for. OSCAR: what is no such number is 200. */
export function tailLines(asked: string | null): number {
  const count = /^[+-]?\d+$/.test(asked ?? '') ? Number(asked) : usual;
  return count < 1 ? usual : Math.min(count, most);
}

/** What the instances of a service printed, the newest lines. */
export function deploymentLogs(
  { name }: Service,
  { lines, instances }: Condition,
  { tail, timestamps }: { tail: number; timestamps: boolean },
): Record<string, unknown> {
  const entries = lines.slice(-tail).map(({ at, text }) => ({
    ...(timestamps && at !== undefined ? { timestamp: seconds(at) } : {}),
    message: text,
  }));
  const message = logMessage(entries.length, instances);
  return { service_name: name, available: entries.length > 0, ...(message ? { message } : {}), entries };
}

function logMessage(lines: number, instances: number): string | undefined {
  if (lines === 0 && instances === 0) return 'Deployment logs are unavailable for this service.';
  if (lines === 0) return 'Deployment logs are not yet available.';
  if (instances > 0) return undefined;
  return 'Returning recent logs from the last runtime attempt while deployment status remains unavailable.';
}
