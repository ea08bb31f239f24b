import { EVENT_ID, type Event, getScalarValue, loadAll, parseEvents, SCALAR_STYLE, YAMLException } from 'js-yaml';
import type { Flaw } from './positions.ts';
import { syntaxFlaw } from './syntax.ts';

/** A piece of YAML and where it starts; anchors are resolved, so one node may sit in several places. */
export type Node = ScalarNode | ListNode | MapNode;
export interface ScalarNode {
  kind: 'scalar';
  at: number;
  text: string;
  /** Written without quotes: may be a number, a boolean or null. */
  plain: boolean;
}
export interface ListNode {
  kind: 'list';
  at: number;
  items: Node[];
}
export interface MapNode {
  kind: 'map';
  at: number;
  entries: Entry[];
}
export interface Entry {
  key: string;
  keyAt: number;
  value: Node;
}

export interface Yaml {
  /** The first document; undefined when it is empty or broken. */
  root: Node | undefined;
  /** Offset of the second document, if there is one. */
  secondAt: number | undefined;
  /** The nodes that bear an anchor: blocks that exist to be used elsewhere. */
  anchored: Set<Node>;
  flaws: Flaw[];
}

/** Reads the first document of a text with positions, merge keys (`<<`) and anchors applied. Never throws. */
export function parseYaml(text: string): Yaml {
  try {
    return build(text, parseEvents(text, { maxDepth: 100 }));
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const at = error.mark?.position ?? 0;
    return { root: undefined, secondAt: undefined, anchored: new Set(), flaws: [syntaxFlaw(text, at, error.reason)] };
  }
}

/** All documents of a text as plain values, without empty ones; throws what is wrong with it. */
export const loadYaml = (text: string): unknown[] => loadAll(text).filter((one) => one !== null && one !== undefined);

const offsetOf = (event: Event): number => {
  if (event.type === EVENT_ID.SCALAR) {
    const quoted = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED;
    return Math.max(quoted ? event.valueStart - 1 : event.valueStart, 0);
  }
  if (event.type === EVENT_ID.ALIAS) return event.anchorStart - 1;
  return 'start' in event ? event.start : 0;
};

interface Builder {
  text: string;
  events: Event[];
  /** The next event. */
  next: number;
  anchors: Map<string, Node>;
  flaws: Flaw[];
  /** Where the last node was. */
  at: number;
}

function build(text: string, events: Event[]): Yaml {
  const builder: Builder = { text, events, next: 1, anchors: new Map(), flaws: [], at: 0 };
  const isEmpty = events.length === 0 || events[1]?.type === EVENT_ID.POP;
  const root = isEmpty ? undefined : node(builder);
  // After the end of the first document: the second one, and its content.
  const second = events[builder.next + 2];
  const secondAt = second && second.type !== EVENT_ID.POP ? offsetOf(second) : undefined;
  return { root, secondAt, anchored: new Set(builder.anchors.values()), flaws: builder.flaws };
}

function node(builder: Builder): Node {
  const event = builder.events[builder.next];
  builder.next += 1;
  if (!event) throw new Error('The YAML parser ended in the middle of a document.');
  // An empty value has no place of its own: it is where its key was.
  const isAbsent = event.type === EVENT_ID.SCALAR && event.valueStart < 0;
  const at = isAbsent ? builder.at : offsetOf(event);
  builder.at = at;
  if (event.type === EVENT_ID.ALIAS) return alias(builder, builder.text.slice(event.anchorStart, event.anchorEnd));
  const made = content(builder, event, at);
  if ('anchorStart' in event && event.anchorStart >= 0) {
    builder.anchors.set(builder.text.slice(event.anchorStart, event.anchorEnd), made);
  }
  return made;
}

function alias({ anchors, flaws, at }: Builder, name: string): Node {
  const found = anchors.get(name);
  // What is wrong with the whole is said where it is used, what is wrong inside where it is written.
  if (found) return { ...found, at };
  flaws.push({ at, message: `nothing is called &${name} above`, hint: `Write &${name} before the value it names.` });
  return { kind: 'scalar', at, text: '', plain: true };
}

function content(builder: Builder, event: Event, at: number): Node {
  const { text, flaws } = builder;
  if (event.type === EVENT_ID.SEQUENCE) return { kind: 'list', at, items: untilEnd(builder, () => node(builder)) };
  if (event.type === EVENT_ID.MAPPING) {
    const pairs = untilEnd(builder, () => ({ key: node(builder), value: node(builder) }));
    return { kind: 'map', at, entries: join(pairs, flaws) };
  }
  if (event.type !== EVENT_ID.SCALAR) throw new Error('The YAML parser gave an event out of place.');
  const tag = event.tagStart < 0 ? '' : text.slice(event.tagStart, event.tagEnd);
  const plain = event.style === SCALAR_STYLE.PLAIN && tag !== '!!str' && tag !== '!';
  return { kind: 'scalar', at, text: getScalarValue(text, event), plain };
}

function untilEnd<T>(builder: Builder, read: () => T): T[] {
  const found: T[] = [];
  while (builder.events[builder.next]?.type !== EVENT_ID.POP) found.push(read());
  builder.next += 1;
  return found;
}

function join(pairs: { key: Node; value: Node }[], flaws: Flaw[]): Entry[] {
  const entries = new Map<string, Entry>();
  const merged: Entry[] = [];
  for (const { key, value } of pairs) {
    if (key.kind !== 'scalar') {
      flaws.push({
        at: key.at,
        message: 'a key must be a word',
        hint: 'Write `key: value`; quote a key that starts with [ or {.',
      });
    } else if (key.plain && key.text === '<<') merged.push(...mergedEntries(value, flaws));
    else if (entries.has(key.text)) {
      flaws.push({ at: key.at, message: `the key “${key.text}” is written twice`, hint: 'Keep one of the two.' });
    } else entries.set(key.text, { key: key.text, keyAt: key.at, value });
  }
  for (const entry of merged) if (!entries.has(entry.key)) entries.set(entry.key, entry);
  return [...entries.values()];
}

function mergedEntries(value: Node, flaws: Flaw[]): Entry[] {
  if (value.kind === 'map') return value.entries;
  if (value.kind === 'list' && value.items.every((item) => item.kind === 'map')) {
    return value.items.flatMap((item) => (item.kind === 'map' ? item.entries : []));
  }
  flaws.push({
    at: value.at,
    message: '`<<` takes a mapping',
    hint: 'Write `<<: *name` with the name of an anchored mapping.',
  });
  return [];
}

/** The value of a key of a mapping. */
export const child = (node: Node | undefined, key: string): Node | undefined =>
  node?.kind === 'map' ? node.entries.find((entry) => entry.key === key)?.value : undefined;

/** Where a value below a node is; as near to it as the text goes. */
export function locate(node: Node, path: readonly (string | number)[]): number {
  let here = node;
  let at = node.at;
  for (const step of path) {
    const entry =
      here.kind === 'map' ? here.entries.find((e) => e.key.toLowerCase() === String(step).toLowerCase()) : undefined;
    const next = entry?.value ?? (here.kind === 'list' && typeof step === 'number' ? here.items[step] : undefined);
    if (!next) return at;
    here = next;
    at = next.at;
  }
  return at;
}
