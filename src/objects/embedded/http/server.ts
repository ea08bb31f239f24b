import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Core } from '../core.ts';
import { asFailure, failure } from '../failure.ts';
import { keyFault } from '../rules/names.ts';
import { admit } from './admission.ts';
import { type Exchange, sendEmpty, sendFailure } from './answer.ts';
import { allowOrigin, answerPreflight } from './cors.ts';
import { routeOf } from './routing.ts';
import { parseTarget } from './target.ts';

interface ServerOptions {
  core: Core;
  /** Is this the name of our own host? Others are refused, whatever address they lead to. */
  isOurHost?: ((host: string | undefined) => boolean) | undefined;
}

/** The S3 server on its own port. */
interface S3Server {
  listen(host: string, port: number): Promise<number>;
  /** Refuses new requests, and ends those that do not end by themselves. */
  close(): Promise<void>;
}

export function createS3Server(options: ServerOptions): S3Server {
  const serve = (request: IncomingMessage, response: ServerResponse, expects: boolean) => {
    response.setHeader('server', 'oscar-sandbox');
    response.setHeader('x-amz-request-id', randomBytes(8).toString('hex').toUpperCase());
    response.on('error', (error) =>
      options.core.log.debug('an answer of the store was cut off', { error: String(error) }),
    );
    answer(options, { request, response, expects })
      .catch((error: unknown) => fail(options, { request, response }, error))
      .catch((error: unknown) => {
        report(options.core, request, error);
        response.destroy();
      });
  };
  // A large object on a slow line takes as long as it takes.
  const server = createServer({
    requestTimeout: 0,
    headersTimeout: 60_000,
    keepAliveTimeout: 60_000,
    maxHeaderSize: 64 * 1024,
  });
  // But not without a single byte in all that time.
  server.setTimeout(10 * 60_000);
  server.on('request', (request, response) => serve(request, response, false));
  server.on('checkContinue', (request, response) => serve(request, response, true));
  return {
    listen: (host, port) => listen(server, host, port),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(options: ServerOptions, exchange: Exchange & { expects: boolean }): Promise<void> {
  const { request, response, expects } = exchange;
  const { core, isOurHost } = options;
  allowOrigin(request, response);
  if (isOurHost && !isOurHost(request.headers.host)) return sendEmpty(exchange, 421, { connection: 'close' });
  if (request.method === 'OPTIONS') return answerPreflight(request, response);
  if (isHealthCheck(request)) return sendEmpty(exchange, 200);
  const target = parseTarget(request.url ?? '/');
  const { name: route, handle } = routeOf(request.method ?? '', target);
  const { bucket, key, query } = target;
  const fault = keyFault(key);
  if (fault) throw failure(fault);
  const { access, by } = admit(core, { request, target, route });
  if (expects) response.writeContinue();
  const headers = { ...access?.carried, ...request.headers };
  await handle({ core, request, response, bucket, key, query, headers, by, access });
}

async function fail({ core }: ServerOptions, exchange: Exchange, error: unknown): Promise<void> {
  const { request, response } = exchange;
  // A client that left needs no answer.
  if (request.destroyed && !request.complete) return;
  const { code, cause } = asFailure(error);
  const left = response.destroyed || (error as { code?: string }).code === 'ERR_STREAM_PREMATURE_CLOSE';
  if (code === 'InternalError' && !left) report(core, request, cause ?? error);
  await sendFailure(exchange, error);
}

function report(core: Core, { method, url }: IncomingMessage, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  core.log.error('a request to the store failed', { method, url: url?.split('?')[0], error: text });
}

const isHealthCheck = ({ method, url = '' }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') && /^\/minio\/health\/(?:live|ready|cluster)(?:\?|$)/.test(url);

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
