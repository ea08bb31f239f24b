import type { ApiParts } from '../parts.ts';
import type { Route } from '../route.ts';
import { bucketRoutes } from './buckets.ts';
import { configRoutes } from './config.ts';
import { deploymentRoutes } from './deployment.ts';
import { eventRoutes } from './events.ts';
import { federationRoutes } from './federation.ts';
import { invocationRoutes } from './invocations.ts';
import { jobRoutes } from './job.ts';
import { logRoutes } from './logs.ts';
import { metricsRoutes } from './metrics.ts';
import { openApiRoutes } from './openapi.ts';
import { pageRoutes } from './page.ts';
import { presignRoutes } from './presign.ts';
import { prometheusRoutes } from './prometheus.ts';
import { quotaRoutes } from './quotas.ts';
import { runRoutes } from './run.ts';
import { serviceAuthRoutes } from './serviceauth.ts';
import { serviceRoutes } from './services.ts';
import { statusRoutes } from './status.ts';
import { systemRoutes } from './system.ts';
import { systemLogRoutes } from './systemlogs.ts';
import { volumeRoutes } from './volumes.ts';

/** Every route there is, the more special ones of a path first. */
export const allRoutes = (parts: ApiParts): Route[] => [
  ...pageRoutes(parts),
  ...openApiRoutes(parts),
  ...systemRoutes(parts),
  ...configRoutes(parts),
  ...serviceAuthRoutes(parts),
  ...deploymentRoutes(parts),
  ...serviceRoutes(parts),
  ...runRoutes(parts),
  ...jobRoutes(parts),
  ...systemLogRoutes(parts),
  ...statusRoutes(parts),
  ...metricsRoutes(parts),
  ...prometheusRoutes(parts),
  ...logRoutes(parts),
  ...presignRoutes(parts),
  ...bucketRoutes(parts),
  ...volumeRoutes(parts),
  ...quotaRoutes(parts),
  ...federationRoutes(parts),
  ...eventRoutes(parts),
  ...invocationRoutes(parts),
];
