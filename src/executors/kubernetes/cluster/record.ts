import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What was made, to be held against what is there. */
export interface Made {
  /** The node's container: another one was made by somebody else, or not to its end. */
  node: string;
  /** It was started then; later means that it was off meanwhile. */
  startedAt: number;
  /** Of its configuration, but for ports that were chosen. */
  fingerprint: string;
  /** Port in the node → port of this machine: clients keep them when the cluster is made anew. */
  ports: Readonly<{ [nodePort: number]: number }>;
  /** Of the manifests that it has got in full. */
  installed?: string;
}

/** Keeps that in a file. */
export interface Record {
  read(): Promise<Made | undefined>;
  write(made: Made): Promise<void>;
  forget(): Promise<void>;
}

/** The record of the cluster that belongs to a folder. */
export function createRecord(folder: string): Record {
  const file = join(folder, 'made.json');
  return {
    read: async () => {
      const text = await readFile(file, 'utf8').catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as Made);
    },
    write: async (made) => {
      await writeFile(`${file}.new`, `${JSON.stringify(made)}\n`);
      await rename(`${file}.new`, file);
    },
    forget: () => rm(file, { force: true }),
  };
}
