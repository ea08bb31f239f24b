import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Licences that let us ship the code in a program of our own, as long as their text comes along. */
const permissive = new Set([
  ...['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'blessing', 'CC0-1.0', 'ISC'],
  ...['MIT', 'MIT-0', 'Python-2.0', 'Unlicense', 'Zlib'],
]);
const line = '-'.repeat(80);

/** A licence or notice, and who it belongs to. */
interface Text {
  text: string;
  owners: string[];
}

/** A package as far as its licence goes. */
interface Part {
  label: string;
  licence: string;
  texts: string[];
  /** What is said of one that brings no text. */
  author: string;
}

interface Manifest {
  name?: string;
  version?: string;
  license?: string | { type?: string };
  licenses?: { type?: string }[];
  author?: string | { name?: string };
  homepage?: string;
}

/**
 * The text of THIRD-PARTY-LICENSES.txt: what of others is in the programs, told from the `inputs` of esbuild's metafile,
 * and in the Node.js packages in `nodes`. Throws where a licence is missing or asks for more than to be shown.
 */
export function thirdParty(
  inputs: Record<string, unknown>,
  root: string,
  nodes: string[] = installedNodes(root),
): string {
  const parts = foldersOf(Object.keys(inputs), root).map(partOf);
  const sqlite = sqliteOf(root);
  const found = [...nodes.map(nodeOf), ...(sqlite ? [sqlite] : []), ...parts];
  // The same version may lie in several places.
  const all = [...new Map(found.map((part) => [part.label, part])).values()];
  const refused = all.filter(({ licence }) => !isPermissive(licence));
  if (refused.length > 0)
    throw new Error(
      `Not among the permissive licences: ${refused.map((one) => `${one.label} (${one.licence})`).join(', ')}.`,
    );
  return [head(all), ...gathered(all).map(shown)].join(`\n${line}\n\n`);
}

/** May a package under this SPDX expression be shipped? One of an OR is enough, an AND needs each; no mixture of both. */
export function isPermissive(expression: string): boolean {
  const bare = expression.replace(/^\(([^()]*)\)$/, '$1');
  if (/[()]/.test(bare)) return false;
  const known = (id: string) => permissive.has(id);
  return bare.includes(' OR ') ? bare.split(' OR ').some(known) : bare.split(' AND ').every(known);
}

/** The folders of the packages that these files are from, the innermost of nested ones, by name. */
function foldersOf(files: string[], root: string): string[] {
  const found = files.flatMap((file) => {
    // esbuild puts the name of a plugin's namespace in front.
    const path = /(?:^|:)((?:[^:]*\/)?node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
    return path ? [resolve(root, path)] : [];
  });
  return [...new Set(found)].sort();
}

function partOf(folder: string): Part {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const label = `${manifest.name} ${manifest.version}`;
  const licence = idOf(manifest);
  if (!licence) throw new Error(`${label} names no licence in ${join(folder, 'package.json')}.`);
  const by = typeof manifest.author === 'string' ? manifest.author : manifest.author?.name;
  return {
    label,
    licence,
    texts: textsIn(folder),
    author: by || manifest.homepage || `the authors of ${manifest.name}`,
  };
}

function idOf({ license, licenses }: Manifest): string | undefined {
  if (typeof license === 'string') return license;
  // As packages of old have it.
  return license?.type ?? licenses?.flatMap(({ type }) => type ?? []).join(' OR ');
}

const textsIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice)/i.test(entry.name))
    .map(({ name }) => readFileSync(join(folder, name), 'utf8'))
    .sort();

function nodeOf(folder: string): Part {
  const part = partOf(folder);
  if (part.texts.length === 0) throw new Error(`${folder} has no LICENSE of Node.js.`);
  // Whoever packed it: inside is Node.js with all that it is made of.
  return { ...part, label: `Node.js ${part.label.split(' ')[1]}` };
}

function installedNodes(root: string): string[] {
  const found = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']
    .flatMap((target) => [`node-${target}`, `node-bin-${target}`])
    .map((name) => join(root, 'node_modules', name))
    .filter((folder) => existsSync(join(folder, 'package.json')));
  if (found.length > 0) return found;
  throw new Error(`There is no package of Node.js in ${join(root, 'node_modules')}: npm ci`);
}

/** SQLite comes inside better-sqlite3, whose licence does not speak of it. */
function sqliteOf(root: string): Part | undefined {
  const folder = join(root, 'node_modules/better-sqlite3');
  if (!existsSync(folder)) return undefined;
  const header = join(folder, 'deps/sqlite3/sqlite3.h');
  if (!existsSync(header)) throw new Error(`${header}, which tells the version of SQLite, is not there.`);
  const version = /#define SQLITE_VERSION +"([^"]+)"/.exec(readFileSync(header, 'utf8'))?.[1];
  const text =
    'The authors of SQLite have dedicated its code to the public domain: https://sqlite.org/copyright.html\n';
  return { label: `SQLite ${version}`, licence: 'blessing', texts: [text], author: 'its authors' };
}

function head(parts: Part[]): string {
  const width = Math.max(...parts.map(({ label }) => label.length)) + 2;
  const rows = parts.map(({ label, licence }) => `${label.padEnd(width)}${licence}`);
  return ['The programs contain software of others, with thanks. What it is, then the licences.\n', ...rows, ''].join(
    '\n',
  );
}

/** Each text once, in the order of its first owner. */
function gathered(parts: Part[]): Text[] {
  const texts = new Map<string, Text>();
  for (const { label, licence, texts: own, author } of parts) {
    const told = own.length > 0 ? own : [`Licensed under ${licence} by ${author}. The package brings no text.`];
    for (const text of told.map(tidy)) {
      const known = texts.get(text);
      if (known) known.owners.push(label);
      else texts.set(text, { text, owners: [label] });
    }
  }
  return [...texts.values()];
}

/** The same words are the same text, however their lines end. */
const tidy = (text: string): string =>
  `${text
    .replace(/^\uFEFF/, '')
    .replace(/[ \t]*\r?\n/g, '\n')
    .trim()}\n`;

const shown = ({ text, owners }: Text): string => `${owners.join('\n')}\n\n${text}`;
