import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asFailure } from '../failure.ts';
import { errorDocument, type XmlValue, xmlDocument } from './xml.ts';

/** The two ends of a request. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
}

/** Answers with a document. */
export const sendXml = ({ response }: Exchange, root: string, tree: XmlValue, status = 200): void =>
  send(response, status, { 'content-type': 'application/xml' }, xmlDocument(root, tree));

/** Answers 200 with a text. */
export const sendDocument = ({ response }: Exchange, type: string, text: string): void =>
  send(response, 200, { 'content-type': type }, text);

/** Answers without a body. */
export function sendEmpty({ request, response }: Exchange, status: number, headers: OutgoingHttpHeaders = {}): void {
  // HEAD tells the length of what GET would send; 204 and 304 must not tell any.
  const length = request.method === 'HEAD' || status === 204 || status === 304 ? {} : { 'content-length': 0 };
  response.writeHead(status, { ...length, ...headers }).end();
}

/** Answers with the bytes of a stream; a client that leaves ends it. */
export async function sendStream(
  { response }: Exchange,
  status: number,
  headers: OutgoingHttpHeaders,
  stream: Readable,
): Promise<void> {
  response.writeHead(status, headers);
  await pipeline(stream, response);
}

/** Answers with S3's document for what went wrong. */
export async function sendFailure({ request, response }: Exchange, error: unknown): Promise<void> {
  const { code, status, message } = asFailure(error);
  if (response.headersSent) {
    // Too late to say it: a short body tells the client.
    response.destroy();
    return;
  }
  const resource = request.url?.split('?')[0] ?? '/';
  const requestId = String(response.getHeader('x-amz-request-id') ?? '');
  const text = errorDocument({ Code: code, Message: message, Resource: resource, RequestId: requestId });
  if (request.complete) {
    send(response, status, { 'content-type': 'application/xml' }, request.method === 'HEAD' ? '' : text);
    return;
  }
  await refuseBody({ request, response }, status, request.method === 'HEAD' ? '' : text);
}

function send(response: ServerResponse, status: number, headers: OutgoingHttpHeaders, text: string): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text);
}

/** How much of a refused body is read, and how long, so that the client gets to read the answer. */
const patience = { bytes: 16 * 1024 * 1024, milliseconds: 5000 };

/** Answers at once, then reads on for a while: a connection that is closed on unread data loses the answer. */
async function refuseBody({ request, response }: Exchange, status: number, text: string): Promise<void> {
  response.writeHead(status, {
    connection: 'close',
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(text),
  });
  response.flushHeaders();
  if (text) response.write(text);
  await drained(request);
  response.end();
  request.destroy();
}

function drained(request: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let read = 0;
    const timer = setTimeout(resolve, patience.milliseconds);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    request.on('data', (chunk: Buffer) => {
      read += chunk.length;
      if (read > patience.bytes) done();
    });
    request.once('end', done);
    request.once('close', done);
    request.once('error', done);
    request.resume();
  });
}
