import { Agent, request } from 'node:http';

export interface Reply {
  status: number;
  body: string;
}

export interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

// Connections stay open, so that a sample holds the work and no handshake.
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One HTTP request over a connection that is kept; answers whatever the status is. */
export function send(url: string, { method = 'GET', headers = {}, body = '' }: Call = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const length = method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const ask = request(url, { method, agent, headers: { ...headers, ...length } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
      answer.on('error', reject);
    });
    ask.on('error', reject);
    ask.end(method === 'GET' ? undefined : body);
  });
}

/** A request that has to succeed. */
export async function must(url: string, call: Call = {}): Promise<Reply> {
  const reply = await send(url, call);
  if (reply.status >= 400) throw new Error(`${call.method ?? 'GET'} ${url} is answered ${reply.status}: ${reply.body}`);
  return reply;
}

/** Lets no request hold the process. */
export const closeConnections = (): void => agent.destroy();

/** Runs a piece of work for every number below `count`, a few at a time. */
export async function inParallel(count: number, lanes: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** A pause, so that one measurement does not run into the next. */
export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Milliseconds since 1970, right after they changed: whole, and as `date +%s%N` tells them, however the clock is set. */
export function wallClock(): number {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return now;
}
