import { buckets } from './buckets.ts';
import { calls } from './calls.ts';
import { deployments } from './deployments.ts';
import { federation } from './federation.ts';
import { logs } from './logs.ts';
import { metrics } from './metrics.ts';
import type { Operations } from './operation.ts';
import { sandbox } from './sandbox.ts';
import { services } from './services.ts';
import { system } from './system.ts';
import { quotas, volumes } from './volumes.ts';

/** Every request of the API, in groups. */
export const operations: { name: string; about: string; of: Operations }[] = [
  { name: 'Services', about: 'What is declared.', of: services },
  { name: 'Deployments', about: 'What runs of a service.', of: deployments },
  { name: 'Calls', about: 'Running services.', of: calls },
  { name: 'Logs', about: 'Jobs, and what they printed.', of: logs },
  { name: 'Buckets', about: 'Where files are.', of: buckets },
  { name: 'Volumes', about: 'Folders that outlive the services that attach them.', of: volumes },
  { name: 'Quotas', about: 'What users may have.', of: quotas },
  { name: 'Federation', about: 'Services of other clusters, which jobs are handed to.', of: federation },
  { name: 'Metrics', about: 'How things are, and how much there was.', of: metrics },
  { name: 'System', about: 'The platform itself.', of: system },
  { name: 'Sandbox', about: 'What OSCAR does not have.', of: sandbox },
];
