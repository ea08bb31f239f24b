import { type ClientRequest, request as http } from 'node:http';
import { request as https } from 'node:https';
import type { Socket } from 'node:net';

/** A request to another cluster. */
export interface Sent {
  url: string;
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  headers?: Record<string, string>;
  body?: string;
  /** Check its certificate. */
  verify: boolean;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** What came of it. `unsent`: it surely knows nothing of the request. `silent`: it may have got it, and did not answer. */
export type Heard =
  | { kind: 'answer'; status: number; text: string }
  | { kind: 'unsent'; why: string }
  | { kind: 'silent'; why: string };

/** Nobody reads more of an answer. */
const longest = 4 * 2 ** 20;

/** Asks another cluster; never throws. Redirects are answers: credentials go where they were meant to go, and nowhere else. */
export function send({ url, method, headers, body, verify, timeoutMs, signal }: Sent): Promise<Heard> {
  const target = URL.parse(url);
  if (!target || !/^https?:$/.test(target.protocol)) return said({ kind: 'unsent', why: `“${url}” is no address` });
  const secure = target.protocol === 'https:';
  return new Promise((resolve) => {
    let reached = false;
    const limit = AbortSignal.timeout(timeoutMs);
    const give = (why: string) => resolve({ kind: reached ? 'silent' : 'unsent', why });
    const fail = (error: Error) => give(limit.aborted ? `no answer within ${timeoutMs / 1000} s` : error.message);
    try {
      const request = (secure ? https : http)(target, {
        method,
        // A connection that was used before may be gone, without a word, when the request is on it.
        agent: false,
        headers: { ...headers, ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }) },
        ...(secure ? { rejectUnauthorized: verify } : {}),
        signal: signal ? AbortSignal.any([signal, limit]) : limit,
      });
      whenReached(request, secure, () => {
        reached = true;
      });
      request.on('error', fail);
      request.on('response', (response) => {
        const pieces: Buffer[] = [];
        let size = 0;
        response.on('data', (piece: Buffer) => {
          size += piece.length;
          if (size <= longest) pieces.push(piece);
        });
        response.on('error', fail);
        response.on('end', () =>
          resolve({ kind: 'answer', status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() }),
        );
      });
      request.end(body);
    } catch (error) {
      // A header of a member that no header can be.
      give((error as Error).message);
    }
  });
}

const said = (heard: Heard): Promise<Heard> => Promise.resolve(heard);

function whenReached(request: ClientRequest, secure: boolean, reached: () => void): void {
  request.on('socket', (socket: Socket) => socket.once(secure ? 'secureConnect' : 'connect', reached));
}

/** An address below that of a cluster. */
export const below = (endpoint: string, path: string): string => `${endpoint.trim().replace(/\/+$/, '')}${path}`;
