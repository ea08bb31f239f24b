import { SandboxError } from '../model/errors.ts';
import type { Service } from '../model/service.ts';
import type { DeclareParts } from './parts.ts';

/** What can be asked of the servers of an exposed service. */
export type Steering = 'stop' | 'start' | 'restart';

/**
 * Says whether the servers of a service are to run, and that they are to begin anew. OSCAR: what is so already is no
 * error, and a stopped service that is told to begin anew stays stopped.
 */
export async function steer({ store, nudge, now }: DeclareParts, name: string, what: Steering): Promise<Service> {
  const { services } = store;
  await services.note(name, what === 'restart' ? { restartedAt: now() } : { stopped: what === 'stop' });
  const service = services.get(name);
  if (!service) throw new SandboxError('not-found', `No service is called ${name}.`);
  nudge();
  return service;
}
