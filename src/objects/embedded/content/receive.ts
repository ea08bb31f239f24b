import type { IncomingHttpHeaders } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import type { Core } from '../core.ts';
import { failure } from '../failure.ts';
import type { Call } from '../http/call.ts';
import { declaredPayload } from '../signing/access.ts';
import { keeping, type Received } from '../storing.ts';
import { isChecksum } from './checksums.ts';
import { createChunkDecoder } from './chunks.ts';
import { type Declared, declaredBy } from './declared.ts';
import { createMeter, type Meter, type Metered } from './meter.ts';

/** Takes in the body of a request and checks it against everything that was said of it. A failure leaves nothing. */
export function receive(call: Call, algorithm?: string): Promise<Received> {
  const { meter, source, trailers } = bodyOf(call, algorithm);
  return keep(call.core, { source, result: () => meter.result(trailers()) });
}

/** Takes in content that comes from ourselves. */
export function receiveFrom(core: Core, stream: Readable, algorithm?: string): Promise<Received> {
  const meter = createMeter({ checksums: {}, ...wanted(algorithm) });
  return keep(core, { source: piped(stream, [meter]), result: () => meter.result({}) });
}

/** How much of a document is read. */
const mostText = 4 * 1024 * 1024;

/** The body of a request as text, checked like any other. */
export async function textOf(call: Call): Promise<string> {
  const { meter, source, trailers } = bodyOf(call);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > mostText) throw failure('MaxMessageLengthExceeded');
    chunks.push(chunk);
  }
  meter.result(trailers());
  return Buffer.concat(chunks).toString();
}

const wanted = (algorithm: string | undefined): Partial<Declared> =>
  algorithm !== undefined && isChecksum(algorithm) ? { wanted: algorithm } : {};

interface Body {
  meter: Meter;
  source: AsyncIterable<Buffer>;
  trailers: () => Record<string, string>;
}

function bodyOf(call: Call, algorithm?: string): Body {
  const { request, headers, access } = call;
  const payload = access?.payload ?? declaredPayload(headers);
  const meter = createMeter({ ...declaredBy(headersOfBody(call), payload), ...wanted(algorithm) });
  const decoder = payload.startsWith('STREAMING-') ? createChunkDecoder(payload, access?.seed) : undefined;
  const source = piped(request, decoder ? [decoder, meter] : [meter]);
  return { meter, source, trailers: () => decoder?.trailers ?? {} };
}

/** The checksum that comes with the list of parts is that of the object, not of the list. */
function headersOfBody({ request, headers, query }: Call): IncomingHttpHeaders {
  if (request.method !== 'POST' || !query.has('uploadId')) return headers;
  const others = Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-checksum-'));
  return Object.fromEntries(others);
}

interface Incoming {
  source: AsyncIterable<Buffer>;
  result: () => Metered;
}

async function keep(core: Core, { source, result }: Incoming): Promise<Received> {
  const content = await core.files.write(source);
  return keeping(core, content, async () => {
    const { md5, checksums } = result();
    return { content, md5, checksums };
  });
}

/**
 * The stream through all stages. Not `pipeline`: that destroys the request when a stage fails, and with it the
 * connection on which the client waits to hear why.
 */
function piped(stream: Readable, stages: Transform[]): AsyncIterable<Buffer> {
  let last = stream;
  for (const stage of stages) {
    const before = last;
    before.once('error', (error) => stage.destroy(error));
    before.once('close', () => {
      if (!before.readableEnded && !before.errored) stage.destroy(failure('IncompleteBody'));
    });
    last = before.pipe(stage);
  }
  return last;
}
