import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import type { FdlService } from '../../src/declare/fdl.ts';
import { createWatch, type WatchEvent, type WatchOptions } from '../../src/declare/watch.ts';

/** A folder that is served by a watcher whose door only writes down what comes through. */
export interface Served {
  folder: string;
  /** `declared a.yaml: one two`, `withdrawn a.yaml`, `refused a.yaml: sentence`, in the order of happening. */
  lines: string[];
  events: WatchEvent[];
  /** The content that each service was last declared with. */
  scripts: Map<string, string>;
  seen: Map<string, string>;
  /** What is declared at each path: name, memory and script of its services. */
  served: Map<string, string>;
  /** Time goes by for the watcher. */
  forward(ms: number): void;
  /** Somebody sets the clock; no time goes by. */
  setClock(ms: number): void;
  write(path: string, content: string): Promise<void>;
  /** Resolves when the condition holds; fails with what happened instead. */
  until(what: string, holds: () => boolean): Promise<void>;
  /** Looks through the folder again; resolves when nothing is left to do. */
  rescan(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface ServedOptions {
  files?: Record<string, string>;
  declareFile?: (path: string, services: FdlService[]) => Promise<void>;
  /** Starts the watcher; false to do so later with `restart`. */
  start?: boolean;
}

/** A service in a file, in the fewest lines. */
export const fdl = (name: string, script = 'run.sh', rest = ''): string =>
  `functions:\n  oscar:\n  - local:\n      name: ${name}\n      image: busybox\n      script: ${script}\n${rest}`;

/** Serves folders for the tests of a file; each is closed and removed after its test. */
export function serving(): (options?: ServedOptions) => Promise<Served> {
  const running: Served[] = [];
  afterEach(async () => {
    for (const it of running.splice(0)) await it.close();
  });
  return async (options) => {
    const it = await serve(options);
    running.push(it);
    return it;
  };
}

/** How often a line was written. */
export const count = (s: Served, line: string): number => s.lines.filter((l) => l === line).length;

/** A folder with one service. */
export const one = { 'a.yaml': fdl('one'), 'run.sh': 'echo 1\n' };

// Elsewhere nothing tells who has a file open.
export const linux = process.platform === 'linux';

/** A served folder that the caller closes. */
export async function serve({ files = {}, declareFile, start = true }: ServedOptions = {}): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), 'watch-'));
  const lines: string[] = [];
  const events: WatchEvent[] = [];
  const scripts = new Map<string, string>();
  const seen = new Map<string, string>();
  const served = new Map<string, string>();
  const sources = new Map<string, string>();
  let offset = 0;
  let clock = 0;
  const short = (text: string) => text.replaceAll(`${folder}/`, '');
  const options: WatchOptions = {
    folder,
    declareFile: async (path, services) => {
      await declareFile?.(short(path), services);
      lines.push(`declared ${short(path)}: ${services.map((service) => service.input.name).join(' ')}`);
      served.set(short(path), services.map(({ input }) => `${input.name} ${input.memory} ${input.script}`).join());
      for (const service of services) scripts.set(service.input.name, service.input.script);
      for (const service of services) sources.set(service.input.name, path);
    },
    servicesOf: (path) => [...sources].filter(([, source]) => source === path).map(([name]) => name),
    withdraw: async (path, names) => {
      for (const name of names) if (sources.get(name) === path) sources.delete(name);
    },
    seen: {
      get: (path) => seen.get(path),
      set: (path, hash) => void seen.set(path, hash),
      forget: (path) => void seen.delete(path),
      paths: () => [...seen.keys()],
    },
    now: () => Date.now() + clock,
    elapsed: () => performance.now() + offset,
    log: { debug: () => undefined, warn: (text) => void lines.push(`warned ${short(text)}`) },
    onEvent: (event) => {
      events.push(event);
      if (event.kind === 'withdrawn') {
        served.delete(short(event.path));
        lines.push(`withdrawn ${short(event.path)}`);
      }
      if (event.kind === 'refused')
        lines.push(`refused ${short(event.path)}: ${short(event.problems[0]?.message ?? '')}`);
    },
  };
  const write = async (path: string, content: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  for (const [path, content] of Object.entries(files)) await write(path, content);
  let watch = createWatch(options);
  if (start) await watch.scan();
  return {
    folder,
    lines,
    events,
    scripts,
    seen,
    served,
    forward: (ms) => {
      offset += ms;
    },
    setClock: (ms) => {
      clock += ms;
    },
    write,
    until: async (what, holds) => {
      const end = Date.now() + 10_000;
      while (!holds()) {
        if (Date.now() > end) throw new Error(`Waited in vain until ${what}. What happened:\n${lines.join('\n')}`);
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    },
    rescan: () => watch.scan(),
    restart: async () => {
      await watch.close();
      watch = createWatch(options);
      await watch.scan();
    },
    close: async () => {
      await watch.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
