import { readFile, rename, writeFile } from 'node:fs/promises';

/** What a file of the cluster's folder keeps; undefined when it is not there. */
export async function readKept<T>(file: string): Promise<T | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

/** Keeps it there, whole or not at all. */
export async function writeKept(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value)}\n`);
  await rename(`${file}.new`, file);
}
