import type { ApiParts } from '../parts.ts';
import type { Route } from '../route.ts';
import { bucketRoutes } from './buckets.ts';
import { configRoutes } from './config.ts';
import { eventRoutes } from './events.ts';
import { invocationRoutes } from './invocations.ts';
import { jobRoutes } from './job.ts';
import { logRoutes } from './logs.ts';
import { pageRoutes } from './page.ts';
import { presignRoutes } from './presign.ts';
import { runRoutes } from './run.ts';
import { serviceAuthRoutes } from './serviceauth.ts';
import { serviceRoutes } from './services.ts';
import { systemRoutes } from './system.ts';
import { systemLogRoutes } from './systemlogs.ts';

/** Every route there is, the more special ones of a path first. */
export const allRoutes = (parts: ApiParts): Route[] => [
  ...pageRoutes(parts),
  ...systemRoutes(parts),
  ...configRoutes(parts),
  ...serviceAuthRoutes(parts),
  ...serviceRoutes(parts),
  ...runRoutes(parts),
  ...jobRoutes(parts),
  ...systemLogRoutes(parts),
  ...logRoutes(parts),
  ...presignRoutes(parts),
  ...bucketRoutes(parts),
  ...eventRoutes(parts),
  ...invocationRoutes(parts),
];
