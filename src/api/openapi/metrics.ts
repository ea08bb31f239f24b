import { nothing, type Operations, type Told, told } from './operation.ts';
import { bool, int, list, map, nullable, num, object, oneOf, text, time } from './schema.ts';

const span = {
  start: time('From when on: 24 hours before `end` when absent.'),
  end: time('Until when: now when absent.'),
};
const wrong: Told = {
  about: 'Something in the question is wrong.',
  content: { 'application/json': object({ error: text() }), 'text/plain': text() },
};
const times = { start: time(), end: time() };
const sources = list(
  object({
    name: text(),
    status: oneOf(['ok', 'partial', 'missing'], 'How far it can be trusted.'),
    'last_updated?': time(),
    'notes?': text(),
  }),
  'Where the numbers come from.',
);
const countries = list(object({ country: text(), request_count: int() }), 'None is known here.');
const value = { value: num(), 'unit?': text('`hours`.'), sources };

const totals = object({
  services_count_active: int('Those that are declared.'),
  services_count_total: int('Those that were asked for in that time, also if they are gone.'),
  cpu_hours_total: num(),
  gpu_hours_total: num(),
  requests_count_total: int('Calls; requests of exposed services are apart.'),
  requests_count_sync: int(),
  requests_count_async: int(),
  requests_count_exposed: int(),
  countries_count: int(),
  countries: nullable(countries),
  users_count: int(),
  users: nullable(list(text(), 'As `GET /system/logs` names them.')),
});

const item = object({
  key: text('The service, the user, or the country.'),
  'membership?': text(),
  'requests_count_total?': int(),
  'requests_count_sync?': int(),
  'requests_count_async?': int(),
  'requests_count_exposed?': int(),
  'executions_count?': int(),
  'unique_users_count?': int(),
  'users?': list(text()),
  countries,
});

const states = map(int(), 'By state; users are told of none.');
const share = (unit: string) =>
  object({ [`capacity_${unit}?`]: int(), [`usage_${unit}?`]: int(), [`request_${unit}?`]: int() });

const cluster = object({
  nodes_count: int(),
  metrics: object({
    cpu: object(
      {
        total_free_cores: int(),
        max_free_on_node_cores: int(),
        total_schedulable_cores: int(),
        total_schedulable_on_node_cores: int(),
      },
      'Thousandths of a core.',
    ),
    memory: object({
      total_free_bytes: int(),
      max_free_on_node_bytes: int(),
      total_schedulable_bytes: int(),
      max_schedulable_on_node_bytes: int(),
    }),
    gpu: object({ total_gpu: int() }),
  }),
  nodes: list(
    object({
      name: text(),
      cpu: share('cores'),
      memory: share('bytes'),
      gpu: int(),
      is_interlink: bool(),
      status: text(),
      conditions: list(object({ type: text(), status: bool() })),
    }),
    'This machine.',
  ),
});

const oscar = object({
  deployment_name: text(),
  ready: bool(),
  deployment: object({
    available_replicas: int(),
    ready_replicas: int(),
    replicas: int(),
    creation_timestamp: time('When the sandbox was started.'),
    strategy: text(),
    labels: map(text()),
  }),
  jobs_count: int(),
  pods: object({ total: int(), states }),
  oidc: object({ enabled: bool(), issuers: list(text()), groups: list(text()) }),
});

export const metrics: Operations = {
  'GET /system/status': {
    summary: 'Tells how the platform is doing: the machine as its one node, jobs, objects.',
    who: 'person',
    answers: {
      200: told(
        'How it is doing.',
        object({ cluster, oscar, minio: object({ buckets_count: int(), total_objects: int() }) }),
      ),
    },
  },
  'GET /system/metrics': {
    summary: 'Sums up what was asked of services, and what that took.',
    who: 'person',
    query: span,
    answers: { 200: told('The sums.', object({ ...times, totals, sources })), 400: wrong },
  },
  'GET /system/metrics/breakdown': {
    summary: 'Counts requests by service, user or country.',
    who: 'person',
    query: {
      ...span,
      group_by: oneOf(['service', 'user', 'country'], 'By what; it has to be there.'),
      include_users: bool('With the users of each service.'),
      format: oneOf(['json', 'csv']),
    },
    answers: {
      200: {
        about: 'The counts, by key.',
        content: { 'application/json': object({ ...times, group_by: text(), items: list(item) }), 'text/csv': text() },
      },
      400: wrong,
    },
  },
  'GET /system/metrics/:serviceName': {
    summary: 'Tells what was asked of a service, and what that took: all of it, or one number.',
    who: 'person',
    query: { ...span, metric: text('`cpu-hours`, for example.') },
    answers: {
      200: told('The numbers.', {
        anyOf: [
          object({ service_name: text(), ...times, metrics: list(object({ metric: text(), ...value })) }),
          object({ service_id: text(), metric: text(), ...times, ...value }),
        ],
      }),
      400: wrong,
      403: nothing('Whoever asks may not see the service.'),
      404: nothing('There is no such service; the administrator is told of those, too.'),
    },
  },
  'GET /metrics': {
    summary: 'The numbers of this sandbox for Prometheus.',
    description: 'Prometheus sends name and password of the administrator with `basic_auth`.',
    who: 'admin',
    answers: { 200: { about: 'Text in its format.', content: { 'text/plain': text() } } },
  },
};
