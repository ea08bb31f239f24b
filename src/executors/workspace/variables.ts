import { exposedBase, isExposed, type Service } from '../../model/service.ts';
import type { Task } from '../../model/task.ts';

const withoutEmpty = (variables: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(Object.entries(variables).flatMap(([name, value]) => (value ? [[name, value]] : [])));

/** OSCAR sets its watchdog's up in every container; a script may look at them. */
const watchdog = {
  max_inflight: '1',
  write_debug: 'true',
  exec_timeout: '0',
  read_timeout: '300',
  write_timeout: '300',
  healthcheck_interval: '5',
};

/** What a service's containers see, whatever they do. OSCAR's own variables win over the user's, and those over the secrets. */
export function serviceVariables(service: Service): Record<string, string> {
  const { definition } = service;
  // A federated service's refresh token is for the platform, not for scripts.
  const { refresh_token, ...others } = service.secrets;
  return {
    ...(definition.federation ? others : service.secrets),
    ...definition.environment.variables,
    OSCAR_SERVICE_NAME: service.name,
    OSCAR_SERVICE_TOKEN: definition.token,
    OSCAR_SERVICE_BASE_PATH: isExposed(definition) ? exposedBase(service.name) : '',
    ...watchdog,
  };
}

export interface OwnVariables {
  /** What the event and its staging gave: `INPUT_FILE_PATH`, `STORAGE_OBJECT_KEY`, … Empty ones are not exported. */
  staged: Record<string, string | undefined>;
  /** The name of the machine: OSCAR tells it to jobs. */
  host: string;
  /** The request's body, if it is text. */
  body: string | undefined;
}

/** All variables that a task's script sees. */
export function taskVariables(task: Task, own: OwnVariables): Record<string, string> {
  const { Http_Authorization, ...request } = task.variables;
  const job = { EVENT: own.body, JOB_UUID: task.id, RESOURCE_ID: own.host };
  return {
    ...serviceVariables(task.service),
    ...(task.kind === 'job' ? withoutEmpty(job) : {}),
    ...request,
    ...withoutEmpty(own.staged),
  };
}
