import { setTimeout as pause } from 'node:timers/promises';
import type { Engine, EngineEvent } from './engine.ts';
import { jsonLines } from './lines.ts';

type Kind = EngineEvent['kind'];

interface FollowParts {
  open(options: { abortSignal: AbortSignal; filters: { type: Kind[] } }): Promise<NodeJS.ReadableStream>;
  labels: Record<string, string>;
  on: Parameters<Engine['events']>[1];
  signal: AbortSignal;
}

interface Message {
  Type?: string;
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
}

const againMs = 1_000;

/** Hears what happens on an engine until the signal; a lost connection is made anew. */
export function follow(parts: FollowParts): void {
  const { signal } = parts;
  const listen = async () => {
    while (!signal.aborted) {
      await hear(parts);
      await pause(againMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };
  void listen();
}

async function hear({ open, labels, on, signal }: FollowParts): Promise<void> {
  for await (const message of messages(() =>
    open({ abortSignal: signal, filters: { type: ['container', 'image'] } }),
  )) {
    if (signal.aborted) return;
    if (message === 'begins') on.gap();
    const event = message === 'begins' ? undefined : toEvent(message, labels);
    if (event) on.event(event);
  }
}

/** What the engine says until the connection is lost, however that happens. */
async function* messages(open: () => Promise<NodeJS.ReadableStream>): AsyncGenerator<Message | 'begins'> {
  const lines = await open().then(
    (stream) => jsonLines<Message>(stream),
    // The engine is away: whoever needs it says so, here it is only waited for.
    () => undefined,
  );
  if (!lines) return;
  yield 'begins';
  for (;;) {
    const next = await lines.next().catch(() => undefined);
    if (!next || next.done) return;
    yield next.value;
  }
}

function toEvent({ Type, Action = '', Actor }: Message, labels: Record<string, string>): EngineEvent | undefined {
  const kind = Type === 'image' ? 'image' : 'container';
  const carried = Actor?.Attributes ?? {};
  const ours = kind === 'image' || Object.entries(labels).every(([name, value]) => carried[name] === value);
  return ours ? { kind, action: Action, id: Actor?.ID ?? '', labels: carried } : undefined;
}
