import { SandboxError } from '../model/errors.ts';
import { type Json, parseFirstJson } from './jsontree.ts';
import { type Decoded, fieldShape, isFields, isList, type Shape } from './shape.ts';

interface Walk {
  /** Go's name of the type, for its sentences. */
  type: string;
  unknown: string[];
}

/**
 * Reads the first JSON value of a body as Go's encoding/json does, which OSCAR's clients rely on: keys in any letter
 * case, the last of a repeated key, null as nothing, no coercion. `unknown` lists the keys that nothing was done with.
 */
export function decodeJson<const S extends Shape>(
  bytes: Buffer,
  shape: S,
  type = 'Value',
): { value: Decoded<S>; unknown: string[] } {
  const walk: Walk = { type, unknown: [] };
  const value = read(parseFirstJson(bytes.toString('utf8')), shape, { walk, path: '', before: undefined });
  const empty = isList(shape) ? [] : isFields(shape) ? {} : value;
  return { value: (value ?? empty) as Decoded<S>, unknown: walk.unknown };
}

interface Place {
  walk: Walk;
  path: string;
  /** What an earlier spelling of the same key left here: Go merges into it. */
  before: unknown;
}

function read(json: Json, shape: Shape, place: Place): unknown {
  if (shape === 'any') return plainValue(json);
  // Go: null empties maps and lists, and leaves everything else as it is.
  if (json.kind === 'null') return isList(shape) || shape === 'ints' || isMap(shape) ? undefined : place.before;
  if (isList(shape)) return readList(json, shape, place);
  if (isFields(shape)) return readFields(json, shape, place);
  return readScalar(json, shape, place);
}

const isMap = (shape: Shape): boolean => isFields(shape) && '*' in shape;

function readList(json: Json, shape: readonly [Shape], place: Place): unknown[] {
  if (json.kind !== 'array') throw mismatch(json, shape, place);
  const zero = shape[0] === 'string' ? '' : 0;
  return json.items.map((item) => read(item, shape[0], { ...place, before: isFields(shape[0]) ? {} : zero }));
}

function readFields(json: Json, shape: { readonly [key: string]: Shape }, place: Place): unknown {
  if (json.kind !== 'object') throw mismatch(json, shape, place);
  const result: Record<string, unknown> = { ...(place.before as Record<string, unknown>) };
  for (const [written, value] of json.entries) {
    const path = place.path ? `${place.path}.${written}` : written;
    const key = findKey(shape, written);
    if (key === undefined || key === '__proto__') place.walk.unknown.push(path);
    else result[key] = read(value, fieldShape(shape, key), { ...place, path, before: before(result, shape, key) });
  }
  return result;
}

/** Go: an entry of a map starts empty each time, a field of a struct keeps what it has. */
function before(result: Record<string, unknown>, shape: { readonly [key: string]: Shape }, key: string): unknown {
  const values = shape['*'];
  if (values !== undefined) return values === 'string' ? '' : isFields(values) ? {} : undefined;
  return Object.hasOwn(result, key) ? result[key] : undefined;
}

function findKey(shape: { readonly [key: string]: Shape }, written: string): string | undefined {
  if ('*' in shape || Object.hasOwn(shape, written)) return written;
  const folded = written.toLowerCase();
  return Object.keys(shape).find((key) => key.toLowerCase() === folded);
}

function readScalar(json: Json, shape: Shape, place: Place): unknown {
  if (shape === 'string' && json.kind === 'string') return json.text;
  if (shape === 'bool' && json.kind === 'bool') return json.value;
  if (shape === 'ints' && json.kind === 'array')
    return json.items.map((item) => read(item, 'int', { ...place, before: 0 }));
  if (json.kind !== 'number' || shape === 'string' || shape === 'bool') throw mismatch(json, shape, place);
  const value = Number(json.text) + 0;
  const whole = /^-?\d+$/.test(json.text) && Number.isSafeInteger(value);
  if (!whole || (shape === 'uint' && value < 0)) throw mismatch({ ...json, exact: true }, shape, place);
  return value;
}

function goType(shape: Shape): string {
  if (isList(shape)) return `[]${goType(shape[0])}`;
  if (isFields(shape)) return '*' in shape ? `map[string]${goType(fieldShape(shape, '*'))}` : 'struct';
  return shape === 'ints' ? '[]int' : shape;
}

function mismatch(json: Json & { exact?: boolean }, shape: Shape, { walk, path }: Place): SandboxError {
  const given = json.exact && json.kind === 'number' ? `number ${json.text}` : json.kind;
  const target = path
    ? `Go struct field ${walk.type}.${path} of type ${goType(shape)}`
    : `Go value of type ${walk.type}`;
  return new SandboxError('invalid', `json: cannot unmarshal ${given} into ${target}`);
}

function plainValue(json: Json): unknown {
  switch (json.kind) {
    case 'null':
      return null;
    case 'bool':
      return json.value;
    case 'number':
      return Number(json.text);
    case 'string':
      return json.text;
    case 'array':
      return json.items.map(plainValue);
    default:
      return Object.fromEntries(json.entries.map(([key, value]) => [key, plainValue(value)]));
  }
}
