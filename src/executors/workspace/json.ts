/** A number as it stood in the text: big integers and `1.0` survive. */
export interface JsonNumber {
  number: string;
}
export type JsonObject = Map<string, Json>;
/** JSON whose keys keep their order, also those that look like numbers; of equal keys the last value counts. */
export type Json = null | boolean | string | JsonNumber | Json[] | JsonObject;

const MAX_DEPTH = 900;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|-?Infinity|NaN/y;
const STRING = /"(?:[^"\\]|\\.)*"/sy;
const BLANK = /[ \t\n\r]*/y;
const WORDS: [string, null | boolean][] = [
  ['null', null],
  ['true', true],
  ['false', false],
];

const notJson = () => new SyntaxError('not JSON');

function createReader(text: string) {
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const skip = () => void take(BLANK);
  const peek = () => text[at];
  const eat = (token: string): boolean => {
    skip();
    if (!text.startsWith(token, at)) return false;
    at += token.length;
    return true;
  };
  const need = (token: string) => {
    if (!eat(token)) throw notJson();
  };

  const string = (): string => {
    skip();
    const found = take(STRING);
    if (found === undefined) throw notJson();
    return JSON.parse(found) as string;
  };
  const list = (depth: number): Json[] => {
    const items: Json[] = [];
    if (eat(']')) return items;
    do items.push(value(depth));
    while (eat(','));
    need(']');
    return items;
  };
  const object = (depth: number): JsonObject => {
    const entries: JsonObject = new Map();
    if (eat('}')) return entries;
    do {
      const key = string();
      need(':');
      entries.set(key, value(depth));
    } while (eat(','));
    need('}');
    return entries;
  };
  const value = (depth: number): Json => {
    if (depth > MAX_DEPTH) throw notJson();
    skip();
    if (peek() === '"') return string();
    if (eat('{')) return object(depth + 1);
    if (eat('[')) return list(depth + 1);
    for (const [word, meaning] of WORDS) if (eat(word)) return meaning;
    const number = take(NUMBER);
    if (!number) throw notJson();
    return { number };
  };
  const whole = (): Json => {
    const result = value(0);
    skip();
    if (at < text.length) throw notJson();
    return result;
  };
  return { whole };
}

/** The text as JSON, by Python's rules (`NaN` is a number); undefined when it is none. */
export function parseJson(text: string): Json | undefined {
  try {
    return createReader(text).whole();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A float as Python writes it: the shortest digits that mean it, an exponent below 1e-4 and from 1e16. */
function pythonFloat(text: string): string {
  const number = Number(text);
  if (!Number.isFinite(number)) return Number.isNaN(number) ? 'NaN' : number < 0 ? '-Infinity' : 'Infinity';
  const [mantissa = '', power = ''] = number.toExponential().split('e');
  const exponent = Number(power);
  const sign = Object.is(number, -0) ? '-' : '';
  if (exponent >= 16 || exponent < -4) {
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const plain = exponent < 0 ? number.toFixed(Math.min(100, fraction(mantissa) - exponent)) : String(number);
  return sign + (plain.includes('.') ? plain : `${plain}.0`);
}

const fraction = (mantissa: string): number => mantissa.split('.')[1]?.length ?? 0;

function pythonNumber({ number }: JsonNumber): string {
  if (/^-?\d+$/.test(number)) return number === '-0' ? '0' : number;
  return pythonFloat(number);
}

const pythonString = (text: string): string =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The value as Python's `json.dumps` writes it: `{"a": 1, "b": "\u00e9"}`. */
export function pythonJson(value: Json): string {
  if (typeof value === 'string') return pythonString(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (value instanceof Map) {
    return `{${[...value].map(([key, entry]) => `${pythonString(key)}: ${pythonJson(entry)}`).join(', ')}}`;
  }
  return pythonNumber(value);
}

/** The entry of an object, undefined for anything else. */
export const entry = (value: Json | undefined, key: string): Json | undefined =>
  value instanceof Map ? value.get(key) : undefined;

/** The text below these keys, undefined if there is none. */
export function textAt(value: Json | undefined, ...keys: string[]): string | undefined {
  const found = keys.reduce<Json | undefined>(entry, value);
  return typeof found === 'string' ? found : undefined;
}
