/** One deployment or withdrawal that is going on. */
export interface Work {
  /** Of the service; 0 when it is withdrawn. */
  version: number;
  /** Resolves when it has ended, in whatever way. */
  done: Promise<void>;
  /** Resolves when it has ended, or takes too long for others to wait for it. */
  known: Promise<void>;
  /** The same for those whom it concerns: they wait longer, unless it has told that it takes long. */
  worthwhile: Promise<void>;
  /** The newest line about a long one. */
  progress?: string;
}

/** What is going on for services, the newest work of each. */
export interface Works {
  of(name: string): Work | undefined;
  names(): string[];
  /** Begins one; it may tell of long work by the callback it gets, and never rejects. */
  begin(name: string, version: number, act: (onProgress: (line: string) => void) => Promise<void>): void;
  /** Resolves when each has ended, or is known to take long. */
  known(): Promise<void>;
  /** Resolves when none is going on any more. */
  done(): Promise<void>;
}

/** How long others wait, and those whom it concerns, unless told. */
const longMs = 300;
const usualPatienceMs = 3_000;

export function createWorks(onLongDone: () => void, patienceMs = usualPatienceMs): Works {
  const works = new Map<string, Work>();
  /** Those that a newer version overtook, too. */
  const going = new Set<Work>();

  const begin: Works['begin'] = (name, version, act) => {
    const [long, tooLong] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const work: Work = { version, done: long.promise, known: long.promise, worthwhile: tooLong.promise };
    works.set(name, work);
    going.add(work);
    let isLong = false;
    const becomeLong = () => {
      isLong = true;
      long.resolve();
    };
    const timers = [setTimeout(becomeLong, longMs), setTimeout(tooLong.resolve, patienceMs)];
    const onProgress = (line: string) => {
      work.progress = line;
      becomeLong();
      tooLong.resolve();
    };
    work.done = act(onProgress).finally(() => {
      for (const timer of timers) clearTimeout(timer);
      going.delete(work);
      if (works.get(name) === work) works.delete(name);
      if (isLong) onLongDone();
    });
    work.known = Promise.race([work.done, long.promise]);
    work.worthwhile = Promise.race([work.done, tooLong.promise]);
  };

  return {
    of: (name) => works.get(name),
    names: () => [...works.keys()],
    begin,
    known: async () => void (await Promise.all([...going].map((work) => work.known))),
    done: async () => void (await Promise.all([...going].map((work) => work.done))),
  };
}
