import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { asSandboxError } from '../model/errors.ts';
import { encodeJson } from './json.ts';
import { answers, header } from './protocol.ts';

/** What a request gets: a status, headers, and a body that is whole or still on its way. */
export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
  stream?: AsyncIterable<string | Buffer>;
  /** Frees what the body stood on, once it was sent or the client is gone. */
  release?: () => Promise<void>;
}

const plain = { 'Content-Type': 'text/plain; charset=utf-8' };

/** A status alone: no body and no `Content-Type`. */
export const empty = (status: number, headers?: Record<string, string>): Answer => ({ status, headers });

/** Plain text: what OSCAR answers for almost every error. */
export const text = (status: number, body: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { ...plain, ...headers },
  body,
});

/** Text that comes a piece at a time. */
export const textStream = (stream: AsyncIterable<string | Buffer>): Answer => ({ status: 200, headers: plain, stream });

/** A value as compact JSON. */
export const json = (status: number, value: unknown): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8' },
  body: encodeJson(value),
});

/** OSCAR: an unknown path and an unknown method look the same, and are text without a charset. */
export const pageNotFound: Answer = {
  status: 404,
  headers: { 'Content-Type': 'text/plain' },
  body: '404 page not found',
};

interface Refusal extends Error {
  answer: Answer;
}

/** An error that already knows its answer, for statuses that no error code stands for. */
export const refusal = (answer: Answer): Refusal => Object.assign(new Error(String(answer.body ?? '')), { answer });

/** Header values are ASCII: typographic signs become their plain cousins. */
const ascii = (hint: string): string =>
  hint
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/[\u2018\u2019]/g, "'")
    .replaceAll('…', '...')
    .replace(/[^\x20-\x7e]+/g, ' ');

/** The header that carries what a user can do about an answer. */
export const hint = (sentence: string | undefined): Record<string, string> =>
  sentence ? { [header.hint]: ascii(sentence) } : {};

const isRefusal = (error: unknown): error is Refusal => error instanceof Error && 'answer' in error;

/** Is this thrown value a bug, and not something that a user can be told how to mend? */
export const isInternal = (error: unknown): boolean => !isRefusal(error) && asSandboxError(error).code === 'internal';

/** Any thrown value as the answer that its code stands for. */
export function answerTo(error: unknown): Answer {
  if (isRefusal(error)) return error.answer;
  const { code, message, hint: advice } = asSandboxError(error);
  if (code === 'internal')
    return text(500, `The sandbox failed: ${message}`, hint('daemon.log in its data folder holds more.'));
  return text(answers[code].status, message, hint(advice));
}

/** Sends an answer; resolves when it is out or its client is gone. */
export async function send(
  response: ServerResponse,
  { status, headers = {}, body, stream, release }: Answer,
): Promise<void> {
  try {
    // OSCAR: an empty answer has the length 0, but for 204, which has none.
    const length = stream || status === 204 ? {} : { 'Content-Length': Buffer.byteLength(body ?? '') };
    response.writeHead(status, { ...headers, ...length });
    if (stream && response.req.method !== 'HEAD') await pour(stream, response);
    else response.end(body);
  } finally {
    await release?.();
  }
}

async function pour(stream: AsyncIterable<string | Buffer>, response: ServerResponse): Promise<void> {
  response.flushHeaders();
  try {
    await pipeline(stream, response);
  } catch (error) {
    // A client who leaves in the middle is no failure of ours.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
