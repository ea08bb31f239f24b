import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { failure } from '../failure.ts';

/** What a document holds: a list repeats its element, nothing leaves it out. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | null
  | readonly unknown[]
  | { readonly [name: string]: unknown };

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

// A key may hold characters that XML has no place for; clients want them back all the same.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
const special = /[&<>"'\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g;

const escapeText = (text: string): string =>
  text.replace(special, (c) => named[c] ?? `&#x${c.charCodeAt(0).toString(16)};`);

function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map((one) => element(name, one)).join('');
  return `<${name}>${content(value as XmlValue)}</${name}>`;
}

const content = (value: XmlValue): string =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.entries(value)
        .map(([name, inner]) => element(name, inner))
        .join('')
    : escapeText(String(value ?? ''));

/** A document of S3: its root and what is in it. */
export const xmlDocument = (root: string, tree: XmlValue): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${content(tree)}</${root}>`;

/** The document of a failure. S3: it has no namespace, and botocore finds no code in one that has. */
export const errorDocument = (tree: XmlValue): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${content(tree)}</Error>`;

/** An element of a document that was read; one that is not there is empty. */
export interface Element {
  /** The text of this element, or of its first child of that name. */
  text(name?: string): string | undefined;
  /** The first child of that name. */
  at(name: string): Element;
  all(name: string): Element[];
  /** The names of its children. */
  names(): string[];
}

const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeText(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (_, hex?: string, decimal?: string, name = '') => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (!Object.hasOwn(characters, name)) throw failure('MalformedXML', `Nobody knows the entity ${name}.`);
    return characters[name] ?? '';
  });
}

const largest = 4 * 1024 * 1024;
const textNode = '#text';

// Keys like `007` or ` a ` must come back as they are.
const parser = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  // Its own decoder drops `&#x1;`, and a key with a letter less is the key of another object.
  entityDecoder: {
    decode: unescapeText,
    setExternalEntities: () => undefined,
    addInputEntities: () => undefined,
    setXmlVersion: () => undefined,
    reset: () => undefined,
  },
  textNodeName: textNode,
});

/** Reads a document whose root must have this name. Anything else is `MalformedXML`. */
export function parseXml(text: string, root: string): Element {
  if (text.length > largest) throw failure('MaxMessageLengthExceeded');
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw failure('MalformedXML', 'A document type is not allowed here.');
  const valid = text.trim() === '' ? undefined : XMLValidator.validate(text);
  if (valid !== true) throw failure('MalformedXML', valid ? `${valid.err.msg} (line ${valid.err.line})` : undefined);
  const tree = parse(text);
  if (!Object.hasOwn(tree, root)) throw failure('MalformedXML', `The document must be a ${root}.`);
  return toElement(tree[root]);
}

function parse(text: string): Record<string, unknown> {
  try {
    return parser.parse(text) as Record<string, unknown>;
  } catch (error) {
    // Well-formed, but nested without end or with names that are none of S3's.
    throw failure('MalformedXML', undefined, error);
  }
}

const listed = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

function toElement(value: unknown): Element {
  const children = value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
  const own = (): string | undefined => {
    if (typeof value === 'string') return value;
    return typeof children[textNode] === 'string' ? children[textNode] : undefined;
  };
  const all = (name: string) => listed(Object.hasOwn(children, name) ? children[name] : undefined).map(toElement);
  return {
    text: (name) => (name === undefined ? own() : all(name)[0]?.text()),
    at: (name) => all(name)[0] ?? toElement(undefined),
    all,
    names: () => Object.keys(children).filter((name) => name !== textNode),
  };
}
