import { isUtf8 } from 'node:buffer';
import { decodeBase64 } from '../../workspace/body.ts';
import { type Event, type Occasion, readEvent } from '../../workspace/event.ts';
import { parseJson } from '../../workspace/json.ts';

/** A body on its way into a pod. */
export interface Fed {
  /** What the supervisor reads: it understands of it what this program does, whatever the locale of the image. */
  text: string;
  /** The body as it was sent, for the script; absent when it is no text. */
  told?: string;
  /** The object of the platform's own store that it is about. */
  object?: { bucket: string; key: string };
  /** It tells of a folder marker: there is nothing that a script could read. */
  idle: boolean;
}

const isAscii = (text: string): boolean => /^[\t\n\r -~]*$/.test(text);

/** The supervisor takes some words and numbers that are base64 for JSON; no JSON goes on like this. */
function encoded(content: Buffer): string {
  const text = content.toString('base64');
  return parseJson(text) === undefined ? text : `${text.slice(0, 1)}\n${text.slice(1)}`;
}

const escaped = (text: string): string =>
  text.replace(/[^\t\n\r -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
const json = (value: unknown): string => escaped(JSON.stringify(value));

function inner(event: Exclude<Event, { kind: 'foreign' | 'dcache' }>): string {
  if (event.kind === 'call') return encoded(event.content);
  const { id } = event.provider;
  return id === 'default' ? event.json : json({ storage_provider: id, event: event.json });
}

/** The query of an API gateway's event, which the supervisor makes `CONT_VAR_*` of. */
function wrapped({ variables }: Occasion, text: string): string {
  const query = Object.entries(variables).map(([name, value]) => [name.replace(/^CONT_VAR_/, ''), value]);
  if (query.length === 0) return text;
  return json({ httpMethod: 'POST', queryStringParameters: Object.fromEntries(query), body: text });
}

/** What makes the supervisor look closer. */
const suspicious = { call: ['httpMethod', 'event', 'event_type', 'Records'], object: ['httpMethod', 'event'] };

/** Does the supervisor understand this text as this program does, just as it is? */
function isUnderstood(text: string, kind: 'call' | 'object'): boolean {
  if (!isAscii(text)) return false;
  const value = parseJson(text);
  if (value === undefined) return decodeBase64(text) !== undefined;
  return value instanceof Map && !suspicious[kind].some((key) => value.has(key));
}

function fedText(occasion: Occasion, raw: string | undefined): string {
  const { event } = occasion;
  // An event of a storage that the supervisor knows by itself.
  if (event.kind === 'foreign' || event.kind === 'dcache') return raw ?? '';
  if (raw !== undefined && isUnderstood(raw, event.kind)) return raw;
  return wrapped(occasion, inner(event));
}

const isOwn = ({ provider }: Extract<Event, { kind: 'object' }>): boolean =>
  provider.type === 'minio' && provider.id === 'default';

/** What a pod is to be given for this body. */
export function feed(body: Buffer): Fed {
  const occasion = readEvent(body);
  const raw = isUtf8(body) ? body.toString() : undefined;
  const { event } = occasion;
  return {
    text: fedText(occasion, raw),
    ...(raw !== undefined && !raw.includes('\0') ? { told: raw } : {}),
    ...(event.kind === 'object' && isOwn(event) ? { object: { bucket: event.bucket, key: event.key } } : {}),
    idle: event.kind === 'object' && event.key.endsWith('/'),
  };
}
