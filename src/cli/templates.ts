import { join, resolve } from 'node:path';
import { SandboxError } from '../model/errors.ts';
import { shippedFile, shippedFiles } from '../shipped.ts';
import { statIfThere } from './files.ts';
import { writeWhole } from './sink.ts';

/** A starter service that comes with the program. */
export interface Template {
  name: string;
  /** One line. */
  about: string;
  /** By their names below the template's folder. */
  files: ReadonlyMap<string, Buffer>;
}

/** The starter services, by name: beside them lies what a cluster is made of. */
export function listTemplates(): Template[] {
  const files = shippedFiles('templates').filter((file) => !file.startsWith('templates/cluster/'));
  const byName = Map.groupBy(files, (file) => file.split('/')[1] ?? '');
  return [...byName].map(([name, paths]) => {
    const contents = new Map(paths.map((path) => [path.slice(`templates/${name}/`.length), shippedFile(path)]));
    return { name, about: aboutOf(contents), files: contents };
  });
}

/** The first line of comment in the files of a template that says something to people. */
export function aboutOf(files: Template['files']): string {
  for (const end of ['README.md', '.yaml', '.sh']) {
    for (const [, text] of [...files].filter(([name]) => name.endsWith(end))) {
      const lines = text.toString().split('\n');
      const line = lines.find((one) => one.startsWith('# ') && !one.startsWith('# yaml-language-server'));
      if (line) return line.slice(2).trim();
    }
  }
  return '';
}

/** All that a copy of a template consists of: its files, and the schema that their `$schema` comment names, for editors. */
export const copyOf = ({ files }: Pick<Template, 'files'>, schema: object): Map<string, Buffer | string> =>
  new Map<string, Buffer | string>([...files, [schemaFile, `${JSON.stringify(schema, null, 2)}\n`]]);

/** Writes such a copy into a folder; nothing is written when one of its files is there already. */
export async function writeCopy(to: string, copy: ReturnType<typeof copyOf>): Promise<void> {
  for (const file of copy.keys()) {
    if (!(await statIfThere(join(to, file)))) continue;
    throw new SandboxError('conflict', `${resolve(to, file)} is there already; nothing was copied.`, {
      hint: 'Name another folder: oscar-sandbox init TEMPLATE FOLDER',
    });
  }
  for (const [file, content] of copy) await writeWhole(join(to, file), content);
}

/** The file that the first line of a template names. */
export const schemaFile = 'fdl.schema.json';
