import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Handed, isOscar, memberName, type Parcel } from '../model/federation.ts';
import type { Invocation } from '../model/invocation.ts';
import type { Replica, Service } from '../model/service.ts';
import { payloadSize } from '../model/task.ts';
import { bodyOf } from './body.ts';
import type { DelegationOptions, InvokeParts } from './parts.ts';

/** Offers jobs to members, and writes down what became of them. */
export interface Handover {
  /** To one member after the other. */
  offer(job: Invocation, service: Service, signal: AbortSignal): Promise<Offered>;
  /** Asks the member that may have the job; answers whether it is known now. */
  ask(job: Invocation, signal: AbortSignal): Promise<boolean>;
}

/** `untaken`: none wants it. `open`: one may have it, and it is not known. `unfit`: it cannot be sent. */
export type Offered = 'gone' | 'open' | 'untaken' | 'unfit';

/** What is larger is not sent around. */
const largest = 16 * 2 ** 20;
/** How often a member is asked at once that did not answer. */
const tries = 3;

interface Parts extends InvokeParts {
  delegation: DelegationOptions;
}

export function createHandover(parts: Parts): Handover {
  const { store, watcher, now, retryMs } = parts;
  const { delegate } = parts.delegation;
  const { invocations } = store;

  const note = async ({ service, id }: Invocation, line: string) => {
    const log = store.logs.open(service, id);
    log.line(`[sandbox] ${line}`);
    await log.close();
  };

  /** Ends it, unless it was deleted meanwhile. */
  const end = async (job: Invocation, by: 'delegate' | 'fail', reason: string) => {
    if (!invocations.get(job.id)) return;
    await note(job, reason);
    watcher.finished(await invocations.move(job.id, by, { at: now(), reason }));
  };

  // The same name goes along each time: a member that has the job says so. Once it may have it, nothing else tells.
  const surely = async (member: Replica, parcel: Parcel, signal: AbortSignal): Promise<Handed> => {
    const first = await delegate.offer(member, parcel, signal);
    if (first.kind !== 'unknown' || !isOscar(member)) return first;
    for (let again = 1; again < tries && !signal.aborted; again += 1) {
      await delay(retryMs * 2 ** again, undefined, { signal, ref: false }).catch(() => undefined);
      const handed = await delegate.offer(member, parcel, signal);
      if (handed.kind === 'taken') return handed;
    }
    return first;
  };

  const settle = async (job: Invocation, member: Replica, handed: Handed): Promise<boolean> => {
    const who = memberName(member);
    if (handed.kind === 'taken') {
      await end(job, 'delegate', `It was delegated to ${who}: what becomes of it is told there, by the same name.`);
      return true;
    }
    // A restart asks again.
    if (isOscar(member) && handed.kind !== 'refused') return false;
    await end(job, 'fail', `It is not known whether ${who} has run it: ${handed.why}. Replay it to run it here.`);
    return true;
  };

  const gone = async (job: Invocation, member: Replica, handed: Handed): Promise<Offered> => {
    await settle(job, member, handed);
    return 'gone';
  };

  return {
    offer: async (job, service, signal) => {
      const body = await contentOf(job, parts);
      if (!body) return 'unfit';
      const parcel = { id: job.id, service, body };
      const refusals: string[] = [];
      for (const member of await delegate.order(service, signal)) {
        if (signal.aborted) break;
        // Before it is sent: whatever happens then, it is not started here as well.
        await invocations.give(job.id, keyOf(member));
        const handed = await surely(member, parcel, signal);
        if (handed.kind === 'taken') return gone(job, member, handed);
        if (handed.kind === 'unknown') {
          // When we end, or it was deleted: the next start asks, if there is one to ask about.
          if (signal.aborted) return 'open';
          if (!isOscar(member)) return gone(job, member, handed);
          await note(job, `It is not known whether ${memberName(member)} has it: ${handed.why}. It is asked again.`);
          return 'open';
        }
        refusals.push(`${memberName(member)}: ${handed.why}`);
      }
      await invocations.give(job.id, undefined);
      const why = refusals.length > 0 ? `took it (${refusals.join('; ')})` : 'has room for it';
      // Said once: it may be offered many times.
      if (!signal.aborted && invocations.get(job.id) && !(await store.logs.exists(job.service, job.id))) {
        await note(job, `No member of the federation ${why}: it waits here.`);
      }
      return 'untaken';
    },
    ask: async (job, signal) => {
      const service = store.services.get(job.service);
      const member = service?.definition.federation?.members?.find((one) => keyOf(one) === job.givenTo);
      const body = await contentOf(job, parts);
      if (!service || !member || !body) {
        await end(job, 'fail', 'It is not known whether a member has run it, which is not there any more.');
        return true;
      }
      const handed = await surely(member, { id: job.id, service, body }, signal);
      return signal.aborted ? false : settle(job, member, handed);
    },
  };
}

const keyOf = ({ type, cluster_id, service_name, url }: Replica): string =>
  JSON.stringify([type.toLowerCase(), cluster_id, service_name, url]);

async function contentOf(job: Invocation, parts: InvokeParts): Promise<Buffer | undefined> {
  const payload = bodyOf(job, parts);
  if (!payload || payloadSize(payload) > largest) return undefined;
  return 'bytes' in payload ? payload.bytes : readFile(payload.file);
}
