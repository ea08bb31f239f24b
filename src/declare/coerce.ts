import type { Flaw } from './positions.ts';
import { asAny, asBool, asInt, asText, kindOf } from './scalars.ts';
import { type Fields, fieldShape, isFields, isList, type Shape } from './shape.ts';
import { nearest } from './spelling.ts';
import type { Entry, Node, ScalarNode } from './yaml.ts';

/** What a reading of a file has found so far. */
export interface Findings {
  problems: Flaw[];
  warnings: Flaw[];
}

export interface Reading extends Findings {
  /** Keys that are taken and not read, with the reason. */
  ignored: Record<string, string>;
}

interface Place {
  reading: Reading;
  /** The keys that lead here. */
  path: string[];
}

/** A value that the shape asks for, made of YAML as oscar-cli makes it; what does not fit is reported with its place. */
export function coerce(node: Node, shape: Shape, reading: Reading, path: string[] = []): unknown {
  return read(node, shape, { reading, path });
}

const last = (place: Place): string => place.path.at(-1) ?? 'this';
const isNull = (node: Node): boolean => node.kind === 'scalar' && kindOf(node) === 'null';

function read(node: Node, shape: Shape, place: Place): unknown {
  if (shape === 'any') return anything(node, place);
  if (isNull(node) && shape !== 'string') return undefined;
  if (isList(shape)) return readList(node, shape, place);
  if (isFields(shape)) return readFields(node, shape, place);
  if (shape === 'ints' && node.kind === 'list') return node.items.map((item) => read(item, 'int', place) ?? 0);
  if (node.kind !== 'scalar')
    return refuse(
      node,
      place,
      `“${last(place)}” must be ${wanted[shape]}, not a ${node.kind}`,
      unwrapHint(node, place),
    );
  return readScalar(node, shape, place);
}

const wanted = {
  string: 'text',
  bool: 'true or false',
  int: 'a whole number',
  uint: 'a whole number',
  ints: 'a port or a list of ports',
};

function unwrapHint(node: Node, place: Place): string {
  const only = node.kind === 'list' && node.items.length === 1 ? node.items[0] : undefined;
  if (only?.kind === 'scalar') return `Write \`${last(place)}: ${only.text}\`, without the brackets.`;
  return `Write one value after \`${last(place)}:\`.`;
}

function readScalar(node: ScalarNode, shape: Exclude<Shape, object>, place: Place): unknown {
  if (shape === 'string') return readText(node, place);
  const hint = { bool: 'Write true or false, without quotes.', int: 'Write digits alone, without quotes.' };
  if (shape === 'bool') {
    return asBool(node) ?? refuse(node, place, `“${last(place)}” must be true or false, not ${quote(node)}`, hint.bool);
  }
  const value = asInt(node);
  if (value === undefined)
    return refuse(node, place, `“${last(place)}” must be ${wanted.int}, not ${quote(node)}`, hint.int);
  if (shape !== 'uint' || value >= 0) return value;
  return refuse(node, place, `“${last(place)}” must not be negative`, 'Write 0 or more.');
}

const quote = (node: ScalarNode): string => JSON.stringify(node.text.slice(0, 40));
const quantities = new Set(['cpu', 'memory', 'total_cpu', 'total_memory', 'ephemeral_storage_request', 'size']);

function readText(node: ScalarNode, place: Place): string {
  const text = asText(node);
  if (kindOf(node) === 'float' && text !== node.text && !quantities.has(last(place))) {
    const message = `${node.text} is a number here and becomes “${text}”`;
    place.reading.warnings.push({ at: node.at, message, hint: `Write "${node.text}" in quotes to keep it.` });
  }
  return text;
}

function readList(node: Node, shape: readonly [Shape], place: Place): unknown {
  if (node.kind === 'list')
    return node.items.map((item) => read(item, shape[0], place) ?? (isFields(shape[0]) ? {} : undefined));
  const hint =
    node.kind === 'scalar'
      ? `Write \`${last(place)}: [${node.text}]\`.`
      : `Put a dash before each entry of \`${last(place)}:\`.`;
  return refuse(node, place, `“${last(place)}” must be a list`, hint);
}

function readFields(node: Node, shape: Fields, place: Place): unknown {
  if (node.kind !== 'map') {
    return refuse(
      node,
      place,
      `“${last(place)}” must be a mapping`,
      `Write \`key: value\` lines below \`${last(place)}:\`.`,
    );
  }
  const result: Record<string, unknown> = {};
  for (const entry of node.entries) {
    const key = findKey(shape, entry.key, place);
    if (key === undefined) noteUnknown(entry, shape, place);
    else {
      const inner = fieldShape(shape, key);
      const found = read(entry.value, inner, { ...place, path: [...place.path, entry.key] });
      // Go: an entry of a map is never nothing.
      const value = found === undefined && '*' in shape && isFields(inner) ? {} : found;
      result[key] =
        Object.hasOwn(result, key) && bothMaps(result[key], value)
          ? { ...(result[key] as object), ...(value as object) }
          : value;
    }
  }
  return result;
}

const bothMaps = (a: unknown, b: unknown): boolean => typeof a === 'object' && typeof b === 'object';

/** oscar-cli 1.x reads `Variables`, 2.x `variables`: both are written in the wild. Every other key has one spelling. */
function findKey(shape: Fields, written: string, place: Place): string | undefined {
  if (written === '__proto__') return undefined;
  if ('*' in shape || Object.hasOwn(shape, written)) return written;
  const folded = written.toLowerCase();
  return place.path.length === 1 && last(place) === 'environment' && Object.hasOwn(shape, folded) ? folded : undefined;
}

function noteUnknown({ key, keyAt }: Entry, shape: Fields, place: Place): void {
  const known = Object.keys(shape);
  const reason =
    place.path.length === 0 && Object.hasOwn(place.reading.ignored, key) ? place.reading.ignored[key] : undefined;
  const meant = nearest(key, known);
  const hint =
    reason ??
    (meant
      ? `Did you mean “${meant}”?`
      : `Known here: ${known.slice(0, 12).join(', ')}${known.length > 12 ? ', …' : ''}.`);
  place.reading.warnings.push({
    at: keyAt,
    message: `the key “${key.slice(0, 60)}” is ${reason ? '' : 'not known and '}ignored`,
    hint,
  });
}

function refuse(node: Node, place: Place, message: string, hint: string): undefined {
  place.reading.problems.push({ at: node.at, message, hint });
  return undefined;
}

const maxNodes = 10_000;

/** A value of any form. Aliases may repeat each other without end in few lines: what grows too large is refused. */
function anything(root: Node, place: Place): unknown {
  let left = maxNodes;
  const value = (node: Node): unknown => {
    left -= 1;
    if (left < 0) return null;
    if (node.kind === 'scalar') return asAny(node);
    if (node.kind === 'list') return node.items.map(value);
    return Object.fromEntries(node.entries.map((entry) => [entry.key, value(entry.value)]));
  };
  const made = value(root);
  if (left >= 0) return made;
  return refuse(root, place, `“${last(place)}” expands to more than ${maxNodes} values`, 'Use fewer aliases.');
}
