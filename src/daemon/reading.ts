import { readFile } from 'node:fs/promises';
import { coerce } from '../declare/coerce.ts';
import { isMeantAsFdl } from '../declare/meant.ts';
import { type Flaw, sourceText } from '../declare/positions.ts';
import type { Decoded, Shape } from '../declare/shape.ts';
import { demandFolder, listYaml } from '../declare/watch/folder.ts';
import { parseYaml } from '../declare/yaml.ts';
import { SandboxError } from '../model/errors.ts';

/** A file as somebody wrote it. */
export interface Written {
  path: string;
  text: string;
}

const largest = 1024 * 1024;

/** The files of a folder that hold services: the very ones that are served when the folder is watched. */
export async function listFdl(folder: string): Promise<Written[]> {
  await demandFolder(folder);
  const found: Written[] = [];
  for (const path of await listYaml(folder)) {
    const bytes = await read(path);
    const text = bytes.length > largest ? '' : bytes.toString('utf8');
    if (isMeantAsFdl(text)) found.push({ path, text });
  }
  return found;
}

const read = (path: string): Promise<Buffer> =>
  readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new SandboxError('invalid', `${path} cannot be read: ${error.code ?? error.message}.`, {
      hint: 'Let yourself read it, or move it out of the folder.',
      cause: error,
    });
  });

/** What YAML of another program says, in the shape that is asked for; nothing of it is quoted, for it may be secret. */
export function readYaml<const S extends Shape>({ path, text }: Written, shape: S): Decoded<S> | undefined {
  const source = sourceText(path, text);
  const { root, flaws } = parseYaml(source.text);
  const problems: Flaw[] = [...flaws];
  const value = root ? coerce(root, shape, { ignored: {}, problems, warnings: [] }) : undefined;
  const [first] = problems;
  if (!first) return value as Decoded<S> | undefined;
  const { line, column } = source.at(first.at, '', '');
  throw new SandboxError('invalid', `${path}:${line}:${column}: ${first.message}.`);
}
