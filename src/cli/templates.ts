import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SandboxError } from '../model/errors.ts';
import { statIfThere } from './files.ts';

/** The starter services that come with the program. */
export const templateFolder = join(import.meta.dirname, '../../templates');

export interface Template {
  name: string;
  /** One line. */
  about: string;
}

/** The starter services, by name. */
export async function listTemplates(folder: string): Promise<Template[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(names.sort().map(async (name) => ({ name, about: await aboutOf(join(folder, name)) })));
}

/** The first line of comment in the files of a template that says something to people. */
async function aboutOf(folder: string): Promise<string> {
  for (const end of ['README.md', '.yaml', '.sh']) {
    for (const name of (await readdir(folder)).filter((file) => file.endsWith(end)).sort()) {
      const lines = (await readFile(join(folder, name), 'utf8')).split('\n');
      const line = lines.find((one) => one.startsWith('# ') && !one.startsWith('# yaml-language-server'));
      if (line) return line.slice(2).trim();
    }
  }
  return '';
}

export interface Copy {
  /** The folder of one template. */
  from: string;
  to: string;
  /** What the files' `$schema` comment means, for editors. */
  schema: object;
}

/** Copies a template; answers its files. Nothing is written when one of them is there already. */
export async function copyTemplate({ from, to, schema }: Copy): Promise<string[]> {
  const files = await readdir(from);
  for (const file of files) {
    if (!(await statIfThere(join(to, file)))) continue;
    throw new SandboxError('conflict', `${resolve(to, file)} is there already; nothing was copied.`, {
      hint: 'Name another folder: oscar-sandbox init TEMPLATE FOLDER',
    });
  }
  await mkdir(to, { recursive: true });
  await cp(from, to, { recursive: true });
  await writeSchema(to, schema);
  return [...files, schemaFile];
}

/** The file that the first line of a template names. */
export const schemaFile = 'fdl.schema.json';

/** Writes the schema beside a template. */
export const writeSchema = (folder: string, schema: object): Promise<void> =>
  writeFile(join(folder, schemaFile), `${JSON.stringify(schema, null, 2)}\n`);
