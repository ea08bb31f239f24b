import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readKept, writeKept } from './kept.ts';

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
    read: () => readKept<Made>(file),
    write: (made) => writeKept(file, made),
    forget: () => rm(file, { force: true }),
  };
}
