import { createReadStream, mkdirSync } from 'node:fs';
import { appendFile, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';

/** The log of one invocation while it runs. */
export interface LogWriter {
  line(text: string): void;
  /** Everything written so far is readable when this resolves. */
  close(): Promise<void>;
}

export interface ReadOptions {
  timestamps: boolean;
  /** Wait for more until the signal ends it or the log is closed. */
  follow?: AbortSignal;
}

/** What invocations printed: a file each, every line behind the time at which it came. */
export interface Logs {
  open(service: string, invocation: string): LogWriter;
  exists(service: string, invocation: string): Promise<boolean>;
  read(service: string, invocation: string, options: ReadOptions): AsyncGenerator<string>;
  /** The services that have any, and the invocations of one. */
  services(): Promise<string[]>;
  list(service: string): Promise<string[]>;
  remove(service: string, invocation: string): Promise<void>;
  removeService(service: string): Promise<void>;
}

interface Open {
  pending: string[];
  written: number;
  flushing: Promise<void>;
  closed: boolean;
  waiters: Set<() => void>;
}

/** RFC 3339 with nine digits, as Kubernetes prefixes a log line. */
const stamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000000Z`;

export interface LogsOptions {
  now: () => number;
  /** A log longer than this is cut, and says so in its last line. */
  maxBytes: number;
  /** A log could not be written (a full disk); the run goes on. */
  onFailure: (error: unknown) => void;
}

/** Logs below `folder`, `<service>/<invocation>.log`. */
export function createLogs(folder: string, { now, maxBytes, onFailure }: LogsOptions): Logs {
  const running = new Map<string, Open>();
  const path = (service: string, invocation: string) => join(folder, service, `${invocation}.log`);

  const wake = (log: Open) => {
    for (const waiter of log.waiters) waiter();
    log.waiters.clear();
  };

  const flush = (file: string, log: Open): Promise<void> => {
    const write = async () => {
      if (log.pending.length === 0) return;
      const text = log.pending.join('');
      log.pending = [];
      await appendFile(file, text);
      wake(log);
    };
    log.flushing = log.flushing.then(write).catch(onFailure);
    return log.flushing;
  };

  const open = (service: string, invocation: string): LogWriter => {
    const file = path(service, invocation);
    try {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    } catch (error) {
      // Then its lines cannot be written either; the run goes on.
      onFailure(error);
    }
    const log: Open = { pending: [], written: 0, flushing: Promise.resolve(), closed: false, waiters: new Set() };
    running.set(file, log);
    const write = (text: string) => {
      log.pending.push(`${stamp(now())} ${text}\n`);
      if (log.pending.length === 1) setImmediate(() => void flush(file, log));
    };
    return {
      line: (text) => {
        if (log.written > maxBytes) return;
        log.written += text.length + 32;
        write(log.written > maxBytes ? `[sandbox] the log is longer than ${maxBytes} bytes and was cut here` : text);
      },
      close: async () => {
        await flush(file, log);
        log.closed = true;
        running.delete(file);
        wake(log);
      },
    };
  };

  async function* read(service: string, invocation: string, { timestamps, follow }: ReadOptions) {
    const file = path(service, invocation);
    const ended = follow && aborted(follow);
    let from = 0;
    for (;;) {
      const log = running.get(file);
      const waiting = log && ended ? new Promise<void>((resolve) => log.waiters.add(resolve)) : undefined;
      // While it is written to, the last line may be there by half: it is read with the next ones.
      for await (const line of lines(file, from, log === undefined)) {
        from += line.bytes;
        yield timestamps ? line.text : line.text.slice(line.text.indexOf(' ') + 1);
      }
      if (!waiting || !ended || follow.aborted) return;
      await Promise.race([waiting, ended]);
    }
  }

  const names = (place: string): Promise<string[]> =>
    readdir(place).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });

  return {
    open,
    read,
    exists: (service, invocation) =>
      stat(path(service, invocation)).then(
        () => true,
        () => false,
      ),
    remove: (service, invocation) => rm(path(service, invocation), { force: true }),
    removeService: (service) => rm(join(folder, service), { recursive: true, force: true }),
    services: () => names(folder),
    list: async (service) => (await names(join(folder, service))).map((name) => name.replace(/\.log$/, '')),
  };
}

interface Line {
  text: string;
  /** With its end. */
  bytes: number;
}

/** The lines of a file from a place on. Only `\n` ends a line: a progress bar's `\r` stays in its own. */
async function* lines(file: string, start: number, whole: boolean): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of await existing(file, start)) {
    const bytes = Buffer.concat([rest, chunk as Buffer]);
    let from = 0;
    for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
      yield { text: bytes.toString('utf8', from, end), bytes: end + 1 - from };
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
  if (whole && rest.length > 0) yield { text: rest.toString(), bytes: rest.length };
}

/** The file as a stream; nothing when nobody has printed yet. */
async function existing(file: string, start: number): Promise<AsyncIterable<unknown>> {
  const size = await stat(file).then(
    (found) => found.size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return 0;
      throw error;
    },
  );
  return size > start ? createReadStream(file, { start, end: size - 1 }) : Readable.from([]);
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
