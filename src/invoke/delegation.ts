import type { Invocation } from '../model/invocation.ts';
import type { Service } from '../model/service.ts';
import { createHandover } from './handover.ts';
import type { DelegationOptions, InvokeParts } from './parts.ts';
import type { Queue } from './queue.ts';
import { mayLeave } from './staying.ts';

/** What sends jobs that wait to other clusters. */
export interface Delegation {
  /** The queue is as full as it can be: what still waits may go. */
  look(): void;
  /** Has a job gone that asks for more than this machine has? Else it runs here, and says so. */
  gone(job: Invocation, signal: AbortSignal): Promise<boolean>;
  close(): void;
}

/** How often it is looked for jobs that have waited for too long. */
const tickMs = 1_000;
/** How many jobs are handed over at once. */
const most = 8;
/** How many of those that wait are looked at. */
const seen = 100;
/** What is unfit to be sent is found out anew when so many are. */
const manyUnfit = 10_000;
/** OSCAR: seconds, where a service says nothing. */
const threshold = 30;

interface Parts extends InvokeParts {
  delegation: DelegationOptions;
}

export function createDelegation(parts: Parts, queue: () => Pick<Queue, 'aside' | 'wake'>): Delegation {
  const { store, delegation, now, onFailure } = parts;
  const handover = createHandover(parts);
  /** Services of which nobody took a job, and jobs of which nobody knows whose they are: until when they rest. */
  const resting = new Map<string, number>();
  const unfit = new Set<string>();
  let handing = 0;

  const rests = (name: string): boolean => (resting.get(name) ?? 0) > now();
  const rest = (name: string) => void resting.set(name, now() + delegation.restMs);

  const aside = (job: Invocation, work: (signal: AbortSignal) => Promise<void>) => {
    if (handing >= most) return;
    const went = queue().aside(job, (signal) =>
      work(signal)
        .catch((error: unknown) => {
          rest(job.service);
          onFailure(error);
        })
        .finally(() => {
          handing -= 1;
        }),
    );
    if (went) handing += 1;
  };

  const isDue = (job: Invocation, service: Service, notYet: readonly string[]): boolean => {
    if (delegation.atOnce && !notYet.includes(job.service)) return true;
    const patience = service.definition.federation?.rescheduler_threshold ?? threshold;
    return delegation.late && now() - job.createdAt >= patience * 1000;
  };

  const lookAtWaiting = () => {
    if (!delegation.atOnce && !delegation.late) return;
    const { yes, no } = split(store.services.list(), (service) => mayDelegate(service) && !rests(service.name));
    if (yes.length === 0) return;
    const services = new Map(yes.map((service) => [service.name, service]));
    const notYet = parts.awaited();
    for (const job of store.invocations.pending({ limit: seen, except: no.map(({ name }) => name) })) {
      const service = services.get(job.service);
      if (!service || unfit.has(job.id) || !isDue(job, service, notYet) || !mayLeave(job, service)) continue;
      aside(job, async (signal) => {
        const offered = await handover.offer(job, service, signal);
        if (offered === 'untaken') rest(job.service);
        if (offered === 'open') rest(job.id);
        if (offered === 'unfit') unfit.add(job.id);
      });
    }
  };

  const look = () => {
    for (const [name, until] of resting) if (until <= now()) resting.delete(name);
    if (unfit.size > manyUnfit) unfit.clear();
    for (const job of store.invocations.undecided()) {
      if (rests(job.id)) continue;
      aside(job, async (signal) => {
        if (!(await handover.ask(job, signal))) rest(job.id);
      });
    }
    lookAtWaiting();
  };

  // Where nothing was ever offered, nothing will be.
  const isIdle = !delegation.atOnce && !delegation.late && store.invocations.undecided().length === 0;
  const timer = isIdle ? undefined : setInterval(() => queue().wake(), tickMs).unref();
  return {
    look,
    gone: async (job, signal) => {
      const service = store.services.get(job.service);
      if (!delegation.atOnce || !service || !mayDelegate(service) || !mayLeave(job, service)) return false;
      if (!(await delegation.delegate.exceeds(service))) return false;
      const offered = await handover.offer(job, service, signal);
      if (offered === 'open') rest(job.id);
      return offered === 'gone' || offered === 'open';
    },
    close: () => clearInterval(timer),
  };
}

const mayDelegate = ({ definition }: Service): boolean => (definition.federation?.members ?? []).length > 0;

function split<T>(all: T[], isIt: (one: T) => boolean): { yes: T[]; no: T[] } {
  const [yes, no]: [T[], T[]] = [[], []];
  for (const one of all) (isIt(one) ? yes : no).push(one);
  return { yes, no };
}
