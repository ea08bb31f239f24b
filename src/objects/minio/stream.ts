import { setTimeout as pause } from 'node:timers/promises';
import type { Endpoint } from '../buckets.ts';
import { presignedUrl } from '../embedded/signing/link.ts';

export interface StreamParts {
  endpoint(): Endpoint;
  now(): number;
  /** Which bucket tells; empty for all of them. */
  bucket: string;
  /** Kinds of events, as patterns. */
  events: string;
  on: {
    /** It tells from now on; of what happened before, it may not have. */
    connected(): Promise<void>;
    record(line: string): Promise<void>;
    /** The store has no such call. */
    unknown(): Promise<void>;
    failed(error: unknown): void;
  };
  signal: AbortSignal;
}

const shortestMs = 100;
const longestMs = 10_000;

/** Hears of events by MinIO's listen call until the signal; a lost connection is made anew, later each time. */
export async function hear(parts: StreamParts): Promise<void> {
  const { on, signal } = parts;
  // Told once, however long it lasts.
  let told = false;
  for (let waitMs = shortestMs; !signal.aborted; waitMs = Math.min(waitMs * 2, longestMs)) {
    try {
      const response = await fetch(address(parts), { signal });
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      if (isStream && response.body) {
        waitMs = shortestMs;
        told = false;
        await follow(parts, response.body);
      } else await refused(parts, response);
    } catch (error) {
      if (!signal.aborted && !told) on.failed(error);
      told = true;
    }
    await pause(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

const pingSeconds = '2';

const address = ({ endpoint, now, bucket, events }: StreamParts): string =>
  presignedUrl({
    ...endpoint(),
    endpoint: endpoint().url,
    method: 'GET',
    bucket,
    key: '',
    headers: {},
    query: { events, ping: pingSeconds },
    expiresSeconds: 60,
    now: now(),
  });

async function follow({ on }: StreamParts, body: ReadableStream<Uint8Array>): Promise<void> {
  // What is told meanwhile waits in the stream.
  const connected = on.connected().catch(on.failed);
  for await (const line of linesOf(body)) if (line.trim() !== '') await on.record(line);
  await connected;
}

// Not `readline`: that waits for ever for a stream that broke.
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = `${rest}${decoder.decode(piece, { stream: true })}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

const unknownStatuses = [200, 400, 403, 405, 501];

async function refused({ on }: StreamParts, response: Response): Promise<void> {
  const text = await response.text();
  // To other stores this is a listing, or nothing that they know.
  if (unknownStatuses.includes(response.status)) await on.unknown();
  else throw new Error(`The store answers ${response.status}: ${text.slice(0, 200)}`);
}
