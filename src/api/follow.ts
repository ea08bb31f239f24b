import { setTimeout as delay } from 'node:timers/promises';
import { type Invocation, isFinal } from '../model/invocation.ts';
import type { ApiParts } from './parts.ts';

export interface FollowOptions {
  timestamps: boolean;
  gone: AbortSignal;
}

/** The lines of an invocation's log, those to come too, until it is final or the reader is gone. */
export async function* follow(
  { store, happenings }: Pick<ApiParts, 'store' | 'happenings'>,
  { service, id }: Invocation,
  { timestamps, gone }: FollowOptions,
): AsyncGenerator<string> {
  const news = createNews(happenings, id);
  try {
    for (let told = 0; !gone.aborted; ) {
      // Asked before the log is read: what was final by then has printed everything.
      const state = store.invocations.get(id)?.state;
      let line = 0;
      for await (const text of store.logs.read(service, id, { timestamps, follow: gone })) {
        line += 1;
        if (line <= told) continue;
        told = line;
        yield text;
      }
      if (!state || isFinal(state)) return;
      await news.next(gone);
    }
  } finally {
    news.close();
  }
}

/** Lines as a text. */
export async function* withNewlines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

/** Waits for something to happen to an invocation; what happened since the last wait counts. */
function createNews(happenings: ApiParts['happenings'], id: string) {
  let news = Promise.withResolvers<void>();
  const close = happenings.subscribe((happening) => {
    if (happening.invocation === id) news.resolve();
  });
  return {
    next: async (gone: AbortSignal) => {
      // An invocation can also be removed, which is told to nobody: a look now and then.
      const pause = new AbortController();
      const signal = AbortSignal.any([gone, pause.signal]);
      await Promise.race([news.promise, delay(500, undefined, { signal }).catch(() => undefined)]);
      pause.abort();
      news = Promise.withResolvers<void>();
    },
    close,
  };
}
