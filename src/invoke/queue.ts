import type { Invocation } from '../model/invocation.ts';
import type { Invocations } from '../store/invocations.ts';

export interface QueueOptions {
  invocations: Invocations;
  /** Runs one job to its final state. Calls `onRan` once its script has ended: then the next one may start. */
  execute(invocation: Invocation, signal: AbortSignal, onRan: () => void): Promise<void>;
  /** Jobs that may run at once, in all and of one service. */
  concurrency: number;
  serviceConcurrency: number;
  /** Services whose jobs cannot run yet. */
  awaited(): string[];
  /** Nothing more can be started now. */
  onFilled?: (() => void) | undefined;
  onFailure(error: unknown): void;
}

/** The jobs that wait, in the order they came, as far as their services have room. */
export interface Queue {
  /** There may be something to do. */
  wake(): void;
  /** Ends a running job; one that only waits is none of the queue's business. */
  stop(id: string): Promise<void>;
  running(): number;
  /** Keeps a job that waits from being started while something else is done about it; not so when it is claimed already. */
  aside(invocation: Invocation, work: (signal: AbortSignal) => Promise<void>): boolean;
  /** Starts nothing more and resolves when what runs has ended. */
  close(): Promise<void>;
}

const pauseMs = 1_000;

interface Claim {
  service: string;
  abort: AbortController;
  /** The script has ended; what is left is to write down how. */
  ran: boolean;
  /** It is not started, but something else is done about it. */
  aside: boolean;
  done: Promise<void>;
}

export function createQueue(options: QueueOptions): Queue {
  const { invocations, execute, concurrency, serviceConcurrency, awaited, onFailure } = options;
  const claims = new Map<string, Claim>();
  let scheduled = false;
  let paused = false;
  let closed = false;

  const running = (): Claim[] => [...claims.values()].filter((claim) => !claim.ran);

  /** Nothing can be written down (a full disk): the same job would fail again at once, thousands of times. */
  const pause = (error: unknown) => {
    onFailure(error);
    paused = true;
    setTimeout(() => {
      paused = false;
      wake();
    }, pauseMs).unref();
  };

  const busy = (): string[] => {
    const counts = new Map<string, number>();
    for (const { service } of running()) counts.set(service, (counts.get(service) ?? 0) + 1);
    return [...counts].filter(([, n]) => n >= serviceConcurrency).map(([service]) => service);
  };

  const hold = ({ id, service }: Invocation, aside: boolean, work: (claim: Claim) => Promise<void>) => {
    const claim: Claim = { service, abort: new AbortController(), ran: aside, aside, done: Promise.resolve() };
    claims.set(id, claim);
    claim.done = work(claim)
      .catch(pause)
      .finally(() => {
        claims.delete(id);
        wake();
      });
  };

  const start = (invocation: Invocation) =>
    hold(invocation, false, (claim) =>
      execute(invocation, claim.abort.signal, () => {
        claim.ran = true;
        wake();
      }),
    );

  const next = (): Invocation | undefined => {
    // A claimed job stays `Pending` on disk until its start is written: ask for enough to see past those.
    const oldest = (except: string[]) =>
      invocations.pending({ limit: claims.size + 1, except }).find((invocation) => !claims.has(invocation.id));
    // Nobody's backlog keeps another service waiting: who has nothing running comes first.
    const notYet = awaited();
    return oldest([...running().map((claim) => claim.service), ...notYet]) ?? oldest([...busy(), ...notYet]);
  };

  const fill = () => {
    scheduled = false;
    while (!closed && !paused && running().length < concurrency) {
      const invocation = next();
      if (!invocation) break;
      start(invocation);
    }
    if (!closed && !paused) options.onFilled?.();
  };

  const wake = () => {
    if (scheduled || closed) return;
    scheduled = true;
    setImmediate(fill);
  };

  return {
    wake,
    running: () => running().length,
    aside: (invocation, work) => {
      if (closed || claims.has(invocation.id)) return false;
      hold(invocation, true, ({ abort }) => work(abort.signal));
      return true;
    },
    stop: async (id) => {
      const claim = claims.get(id);
      claim?.abort.abort();
      await claim?.done;
    },
    close: async () => {
      closed = true;
      // What runs may end by itself; what is between two clusters is known when the next start asks.
      for (const claim of claims.values()) if (claim.aside) claim.abort.abort();
      await Promise.all([...claims.values()].map((claim) => claim.done));
    },
  };
}
