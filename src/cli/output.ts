import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { styleText } from 'node:util';
import { asSandboxError, type SandboxError } from '../model/errors.ts';

export type Style = Parameters<typeof styleText>[0];

/** What a command says: values on stdout, everything about them on stderr. */
export interface Output {
  json: boolean;
  /** Is a person looking at stdout? */
  terminal: boolean;
  /** A result: one line of JSON, or the text for people. */
  value(value: unknown, text: string | (() => string)): void;
  /** Bytes of a result, as they are; waits while the reader is slow. */
  raw(bytes: Uint8Array | string): Promise<void>;
  /** A remark for people; never a result. */
  note(text: string): void;
  warn(text: string): void;
  error(error: unknown, extra?: Record<string, unknown>): void;
  /** The text in this style where stdout shows colours. */
  paint(style: Style, text: string): string;
}

export interface Streams {
  stdout: Writable & { isTTY?: boolean };
  stderr: Writable & { isTTY?: boolean };
}

/** Writes to the two streams; with `json` nothing but values reaches stdout. */
export function createOutput({ stdout, stderr }: Streams, json: boolean): Output {
  const paint = (style: Style, text: string) => styleText(style, text, { stream: stdout });
  const aside = (style: Style, text: string) => styleText(style, text, { stream: stderr });
  return {
    json,
    terminal: stdout.isTTY === true,
    paint,
    value: (value, text) => {
      stdout.write(`${json ? JSON.stringify(value) : typeof text === 'function' ? text() : text}\n`);
    },
    raw: async (bytes) => {
      if (stdout.write(bytes) || stdout.destroyed) return;
      await new Promise((resolve) => stdout.once('drain', resolve).once('close', resolve));
    },
    note: (text) => {
      if (!json) stderr.write(`${text}\n`);
    },
    warn: (text) => void stderr.write(`${aside('yellow', 'warning:')} ${text}\n`),
    error: (thrown, extra = {}) => {
      const error = asSandboxError(thrown);
      if (json) stderr.write(`${JSON.stringify({ error: view(error), ...extra })}\n`);
      else stderr.write(`${aside('red', 'error:')} ${explain(error, aside)}\n`);
    },
  };
}

const view = ({ code, message, hint }: SandboxError) => ({ code, message, ...(hint ? { hint } : {}) });

function explain(error: SandboxError, aside: (style: Style, text: string) => string): string {
  const hint = error.hint ? `\n${aside('cyan', 'hint:')} ${error.hint}` : '';
  // Not one of ours is a bug: whoever reports it needs the place.
  const cause = error.code === 'internal' && error.cause instanceof Error ? `\n${error.cause.stack}` : '';
  return `${error.message}${hint}${cause}`;
}

/** Columns as wide as their widest cell, two blanks between them. */
export function table(head: string[], rows: string[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return all.map(line).join('\n');
}

/** Waits until all that was written has left the process. */
export async function flushed({ stdout, stderr }: Streams): Promise<void> {
  for (const stream of [stdout, stderr]) {
    if (stream.destroyed || stream.writableLength === 0) continue;
    await Promise.race([new Promise((resolve) => stream.write('', resolve)), finished(stream).catch(() => undefined)]);
  }
}
