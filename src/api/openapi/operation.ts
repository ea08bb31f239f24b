import { type JsonSchema, text as textSchema } from './schema.ts';

/** A request of the API as a reader and a program want it described. */
export interface Operation {
  /** One sentence: what it does. */
  summary: string;
  /** What else is good to know. */
  description?: string;
  /** Who may ask: the same as the route says. */
  who: 'anyone' | 'person' | 'admin';
  /** The parameters of the query, by name. */
  query?: Record<string, JsonSchema>;
  /** Headers that count, by name. */
  headers?: Record<string, JsonSchema>;
  body?: Body;
  /** By status; those that any request may get are added. */
  answers: Record<number, Told>;
}

export interface Body {
  about: string;
  /** Absent: any bytes are a good one. */
  schema?: JsonSchema;
}

/** An answer of one status. */
export interface Told {
  about: string;
  /** Its media type and what it holds; absent where the status is all. */
  content?: Record<string, JsonSchema>;
}

/** By method and path, as the routes have them: `GET /system/services/:serviceName`. */
export type Operations = Record<string, Operation>;

/** A status alone. */
export const nothing = (about: string): Told => ({ about });
/** A sentence in plain text. */
export const sentence = (about: string): Told => ({ about, content: { 'text/plain': textSchema() } });
/** JSON of this form. */
export const told = (about: string, schema: JsonSchema): Told => ({ about, content: { 'application/json': schema } });
/** Whatever a service, or an object, has to say. */
export const anything = (about: string): Told => ({ about, content: { '*/*': {} } });
