import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';

export interface Sent {
  method: string;
  /** As it goes over the wire: nothing is repaired. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Without a length, in pieces. */
  chunked?: boolean;
}

export interface Received {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  text: string;
}

/** One request as given, and its answer. */
export function exchange(port: number, { method, path, headers = {}, body, chunked }: Sent): Promise<Received> {
  return new Promise((resolve, reject) => {
    const length = body === undefined || chunked ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
    const out = request({ host: '127.0.0.1', port, method, path, headers: { ...length, ...headers }, agent: false });
    out.on('error', reject);
    out.on('response', (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const whole = Buffer.concat(chunks);
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: whole, text: whole.toString() });
      });
    });
    if (chunked && body) for (let at = 0; at < body.length; at += 7) out.write(body.slice(at, at + 7));
    out.end(chunked ? undefined : body);
  });
}

/** Writes bytes to the port and reads until the other side closes; `cut` closes ours as soon as they are written. */
export function raw(port: number, bytes: string | Buffer, { cut = false } = {}): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString();
    });
    // A server that hangs up is an answer too.
    socket.on('error', () => resolve(heard));
    socket.on('close', () => resolve(heard));
    socket.write(bytes, () => {
      if (cut) socket.destroy();
    });
  });
}
