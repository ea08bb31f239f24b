import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '../../log.ts';
import { asSandboxError, SandboxError } from '../../model/errors.ts';
import type { Intake, Told } from './intake.ts';
import { markOf } from './marks.ts';
import { eventIn, recordsIn } from './record.ts';

export interface ReceiverParts {
  /** What the store shows to prove that it is the store. */
  token: string;
  intake: Intake;
  log: Log;
}

/** Where the store sends its events: at once to `/events/now`, and from its queue to `/events/minio`. */
export interface Receiver {
  /** Answers the port. */
  listen(host: string, port: number): Promise<number>;
  close(): Promise<void>;
}

const paths = ['/events/now', '/events/minio'];

/** Serves the store's webhooks. It answers 200 once an event is on disk: anything else, and the store sends it again. */
export function createReceiver(parts: ReceiverParts): Receiver {
  const underway = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const work: Promise<void> = answer(parts, request, response)
      .catch((error) => refuse(parts.log, response, error))
      .then(() => void underway.delete(work));
    underway.add(work);
  });
  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    close: async () => {
      server.close();
      // What is being written down is still acknowledged.
      await Promise.all(underway);
      server.closeAllConnections();
    },
  };
}

async function answer({ token, intake }: ReceiverParts, request: IncomingMessage, response: ServerResponse) {
  const path = request.url ?? '';
  if (!paths.includes(path)) throw new SandboxError('not-found', `Nothing is served at ${path}.`);
  if (!isToken(request.headers.authorization, token)) {
    throw new SandboxError('unauthorized', 'The token is not the one that the store was given.');
  }
  if (request.method !== 'POST') throw new SandboxError('invalid', 'Events are sent with POST.');
  const told = toldIn(await bodyOf(request));
  await intake.take(told, { last: path === '/events/minio' });
  await new Promise<void>((resolve) => response.once('close', resolve).writeHead(200).end(resolve));
}

function isToken(given: string | undefined, token: string): boolean {
  const [one, other] = [Buffer.from(given ?? ''), Buffer.from(`Bearer ${token}`)];
  return one.length === other.length && timingSafeEqual(one, other);
}

const toldIn = (body: string): Told[] =>
  recordsIn(body).flatMap((record) => {
    const event = eventIn(record, 'escaped');
    return event ? [{ event, mark: markOf(event) }] : [];
  });

const most = 2 ** 20;

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > most) throw new SandboxError('invalid', `An event has at most ${most} bytes.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString();
}

const statuses: Partial<Record<SandboxError['code'], number>> = { invalid: 400, unauthorized: 401, 'not-found': 404 };

function refuse(log: Log, response: ServerResponse, thrown: unknown): void {
  const { code, message } = asSandboxError(thrown);
  log.warn('an event of the store was refused', { code, message });
  if (response.headersSent) return void response.destroy();
  response.writeHead(statuses[code] ?? 503, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}
