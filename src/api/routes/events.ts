import type { Answer } from '../answer.ts';
import { isTrue } from '../formats.ts';
import type { ApiParts } from '../parts.ts';
import type { Happening } from '../protocol.ts';
import type { Route } from '../route.ts';

const heartbeatMs = 15_000;
/** A reader who is this far behind is let go; it may come again with `recent`. */
const mostWaiting = 50_000;

/** Everything that happens, as it happens: a stream of server-sent events. */
export const eventRoutes = ({ happenings }: ApiParts): Route[] => [
  {
    method: 'get',
    path: '/sandbox/events',
    access: 'admin',
    handle: ({ query, gone }): Answer => ({
      status: 200,
      headers: { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' },
      stream: events(happenings, {
        recent: isTrue(query.get('recent')),
        follow: isTrue(query.get('follow') ?? 'true'),
        gone,
      }),
    }),
  },
];

interface Wish {
  recent: boolean;
  follow: boolean;
  gone: AbortSignal;
}

async function* events(happenings: ApiParts['happenings'], { recent, follow, gone }: Wish) {
  const waiting: Happening[] = recent ? happenings.recent() : [];
  let wake: () => void = () => undefined;
  const stop = happenings.subscribe((happening) => {
    if (waiting.length < mostWaiting) waiting.push(happening);
    wake();
  });
  gone.addEventListener('abort', () => wake(), { once: true });
  try {
    // Proxies and browsers show the stream as open once something came.
    yield ': here\n\n';
    while (!gone.aborted && waiting.length < mostWaiting) {
      const told = waiting.splice(0);
      if (told.length > 0) yield told.map((happening) => `data: ${JSON.stringify(happening)}\n\n`).join('');
      else if (!follow) return;
      else if (!(await somethingNew())) yield ': still here\n\n';
    }
  } finally {
    stop();
  }

  /** Answers false when the heart has to beat first. */
  function somethingNew(): Promise<boolean> {
    return new Promise((resolve) => {
      const heart = setTimeout(() => resolve(false), heartbeatMs);
      wake = () => {
        clearTimeout(heart);
        resolve(true);
      };
    });
  }
}
