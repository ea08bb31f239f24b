import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A source file: its path from the root of the project, with `/`, and its text. */
export interface SourceFile {
  path: string;
  text: string;
}

export interface Import {
  /** As it stands in the file: `../model/event.ts`, `node:fs`, `express`. */
  specifier: string;
  line: number;
}

const statement = /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])(.+?)\1/gm;
const sideEffect = /^[ \t]*import\s*(['"])(.+?)\1/gm;
const dynamic = /\b(?:import|require|require\.resolve)\(\s*(['"`])(.+?)\1/g;

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

/** The text with its comments blanked out, so that lines keep their numbers. */
export const withoutComments = (text: string): string =>
  text
    .replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, blank)
    .replace(/^[ \t]*\/\/.*$/gm, blank)
    .replace(/([;,{}()\]])[ \t]*\/\/.*$/gm, (all, end: string) => end + blank(all.slice(end.length)));

/** The number of the line on which a match stands, from 1. */
export const lineAt = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** Every module that a file names: static, dynamic, of types alone, and re-exports. */
export function importsOf(file: SourceFile): Import[] {
  const text = withoutComments(file.text);
  const found = [statement, sideEffect, dynamic].flatMap((pattern) => [...text.matchAll(pattern)]);
  return found
    .map((match) => ({ specifier: match[2] ?? '', line: lineAt(text, match.index + match[0].length) }))
    .sort((a, b) => a.line - b.line);
}

/** The path that a relative specifier means, from the root of the project. */
export function resolved(from: string, specifier: string): string {
  const parts = from.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** All TypeScript files below some folders of the project. */
export function readSources(root: string, folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
      .map((name) => ({
        path: `${folder}/${name.replaceAll('\\', '/')}`,
        text: readFileSync(join(root, folder, name), 'utf8'),
      }))
      .sort((a, b) => a.path.localeCompare(b.path)),
  );
}
