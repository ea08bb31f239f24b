import type { Deployment } from '../executors/executor.ts';
import { type Service, standingOf } from '../model/service.ts';

/** One thing to do, and why. */
export type Step =
  | { verb: 'deploy' | 'replace'; service: Service; why: string }
  | { verb: 'withdraw'; name: string; why: string };

/** What makes the observed match the declared; pure. */
export function plan(declared: Service[], observed: Deployment[]): Step[] {
  const running = new Map(observed.map((deployment) => [deployment.service, deployment]));
  const steps: Step[] = [];
  for (const service of declared) {
    const now = running.get(service.name);
    running.delete(service.name);
    if (now === undefined) steps.push({ verb: 'deploy', service, why: 'not running' });
    else if (now.fingerprint !== service.fingerprint)
      steps.push({ verb: 'replace', service, why: 'definition changed' });
    else if (standsOtherwise(service, now)) steps.push({ verb: 'replace', service, why: askedOf(service, now) });
  }
  for (const name of running.keys()) steps.push({ verb: 'withdraw', name, why: 'no longer declared' });
  return steps;
}

const standsOtherwise = (service: Service, { standing }: Deployment): boolean =>
  standing !== undefined && standing !== standingOf(service);

function askedOf({ stopped = false }: Service, { standing = '' }: Deployment): string {
  if (stopped === standing.startsWith('stopped')) return 'its servers are to begin anew';
  return stopped ? 'its servers are to stop' : 'its servers are to run';
}
