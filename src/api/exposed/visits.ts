import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer } from '../answer.ts';
import { createBalance } from './balance.ts';
import { createForward, type Upgrade } from './forward.ts';
import type { ExposedPath } from './path.ts';
import { type ExposedParts, findWay, passageTo, unanswered } from './way.ts';

/** Brings requests to the instances of services. */
export interface Visits {
  /** Resolves when the service has answered, or with the answer that the client gets instead. */
  web(
    request: IncomingMessage,
    response: ServerResponse,
    at: { path: ExposedPath; onApi: boolean },
  ): Promise<Answer | undefined>;
  /** Resolves when the WebSocket has ended; what comes instead of it goes to `refuse` at once. */
  socket(upgrade: Upgrade, path: ExposedPath, refuse: (answer: Answer) => void): Promise<void>;
  /** Ends the WebSockets that are open. */
  close(): void;
}

export function createVisits(parts: ExposedParts): Visits {
  const forward = createForward();
  const balance = createBalance();
  return {
    web: async (request, response, { path, onApi }) => {
      const way = await findWay(parts, request, { path, onApi });
      if ('answer' in way) return way.answer;
      parts.visited(path.service);
      const mayRepeat = repeatable(request);
      let failure: NodeJS.ErrnoException | undefined;
      for (const address of balance.order(way.addresses)) {
        const passage = passageTo(address, way.visit);
        failure = await balance.during(address, () => forward.web(request, response, passage));
        if (!failure) return undefined;
        parts.log.debug('an instance did not answer', { service: path.service, address, reason: String(failure) });
        if (!mayRepeat(failure)) break;
      }
      return unanswered(path.service, failure);
    },
    socket: async (upgrade, path, refuse) => {
      const way = await findWay(parts, upgrade.request, { path, onApi: false });
      if ('answer' in way) return refuse(way.answer);
      parts.visited(path.service);
      const [address = ''] = balance.order(way.addresses);
      const passage = passageTo(address, way.visit);
      const failed = (error: Error) => refuse(unanswered(path.service, error));
      await balance.during(address, () => forward.socket(upgrade, passage, failed));
    },
    close: forward.close,
  };
}

/** After which failures can it be sent to another instance? Not once one may have acted upon it, or has had its body. */
function repeatable({ method, headers }: IncomingMessage): (failure: NodeJS.ErrnoException) => boolean {
  const isEmpty = !headers['transfer-encoding'] && Number(headers['content-length'] ?? 0) === 0;
  const isSafe = method === 'GET' || method === 'HEAD';
  return ({ code }) => isEmpty && (isSafe || code === 'ECONNREFUSED');
}
