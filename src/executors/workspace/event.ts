import { provider } from '../../model/service.ts';
import { type Body, readBody, readText } from './body.ts';
import { entry, type Json, pythonJson, textAt } from './json.ts';

/** Why a task runs, as its payload tells. */
export type Event =
  /** Anything sent by a caller: the bytes become the input file. */
  | { kind: 'call'; content: Buffer }
  /** Something happened to an object. */
  | { kind: 'object'; provider: { type: string; id: string }; bucket: string; key: string; time: string; json: string }
  /** A file of this name arrived in the folder of dCache that the service names as its input. */
  | { kind: 'dcache'; name: string }
  /** A known event of a storage that this program does not speak to. */
  | { kind: 'foreign'; reason: string };

export interface Occasion {
  event: Event;
  /** `CONT_VAR_*`: the query parameters of an API gateway's event. */
  variables: Record<string, string>;
}

const TYPES: Record<string, string> = { 'minio:s3': 'minio', 'aws:s3': 's3', OneTrigger: 'onedata' };

const call = (content: Buffer): Occasion => ({ event: { kind: 'call', content }, variables: {} });
const foreign = (what: string): Occasion => ({
  event: { kind: 'foreign', reason: `The event comes from ${what}, which OSCAR Sandbox cannot read from.` },
  variables: {},
});

/** Object keys arrive query-escaped: `+` is a blank, `%2F` a slash; a broken escape stays as it is. */
function unescapeKey(key: string): string {
  const spaced = key.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch (error) {
    if (error instanceof URIError) return spaced;
    throw error;
  }
}

/** OSCAR looks at the first record only. */
function fromRecord(json: Json, id: string): Occasion | undefined {
  const records = entry(json, 'Records');
  const record = Array.isArray(records) ? records[0] : undefined;
  const type = TYPES[textAt(record, 'eventSource') ?? ''];
  if (!type) return undefined;
  if (type === 'onedata') return foreign('Onedata');
  const bucket = textAt(record, 's3', 'bucket', 'name');
  const key = textAt(record, 's3', 'object', 'key');
  if (!bucket || !key) return undefined;
  const time = textAt(record, 'eventTime') ?? '';
  const event: Event = {
    kind: 'object',
    provider: { type, id },
    bucket,
    key: unescapeKey(key),
    time,
    json: pythonJson(json),
  };
  return { event, variables: {} };
}

/** The query string's parameters; OSCAR takes strings only. */
function parameters(json: Json): Record<string, string> {
  const query = entry(json, 'queryStringParameters');
  const pairs = query instanceof Map ? [...query] : [];
  return Object.fromEntries(pairs.flatMap(([k, v]) => (typeof v === 'string' ? [[`CONT_VAR_${k}`, v]] : [])));
}

/** What a wrapper carries, which may again be a wrapper. */
function unwrap(inner: Json | undefined, id: string): Occasion {
  if (inner === undefined || inner === null) return call(Buffer.alloc(0));
  return detect(typeof inner === 'string' ? readText(inner) : { json: inner, text: pythonJson(inner) }, id);
}

// OSCAR: the order of these questions is the order in which its supervisor asks them.
function detect(body: Body, id: string): Occasion {
  if ('bytes' in body) return call(body.bytes);
  const { json } = body;
  const has = (key: string) => entry(json, key) !== undefined;
  if (has('httpMethod')) {
    const inner = unwrap(entry(json, 'body'), id);
    return { ...inner, variables: { ...parameters(json), ...inner.variables } };
  }
  if (has('event') && has('subscription')) {
    return { event: { kind: 'dcache', name: textAt(json, 'event', 'name') ?? '' }, variables: {} };
  }
  if (has('event_type') && textAt(json, 'payload', 'scope') !== undefined) return foreign('Rucio');
  const inner = entry(json, 'event');
  if (typeof inner === 'string' || inner instanceof Map) return unwrap(inner, delegate(json) ?? id);
  return fromRecord(json, id) ?? call(Buffer.from(pythonJson(json)));
}

/** The provider's id from a delegating cluster: bare, or with its type in front (`minio.default`). */
function delegate(json: Json): string | undefined {
  const reference = textAt(json, 'storage_provider');
  return reference?.includes('.') ? provider(reference).id : reference;
}

/** Understands a body as OSCAR's supervisor does, wrappers included. */
export const readEvent = (bytes: Buffer): Occasion => detect(readBody(bytes), 'default');
