import { closeSync, openSync, writeSync } from 'node:fs';
import type { Payload } from '../../model/task.ts';
import { createLineSplitter } from './lines.ts';
import { createUtf8Filter } from './utf8.ts';

/** What a script prints: kept whole for the answer, and passed on line by line. */
export interface Printed {
  push(chunk: Buffer): void;
  /** Everything there was; throws if it could not be kept. */
  finish(): Payload;
}

const IN_MEMORY = 1024 * 1024;

function createKeeper(file: string) {
  let chunks: Buffer[] = [];
  let size = 0;
  let descriptor: number | undefined;

  const spill = () => {
    descriptor = openSync(file, 'w', 0o600);
    for (const chunk of chunks) writeSync(descriptor, chunk);
    chunks = [];
  };
  const add = (chunk: Buffer) => {
    size += chunk.length;
    if (size > IN_MEMORY && descriptor === undefined) spill();
    // Written at once: a script that prints faster than the disk is slowed down, not collected.
    if (descriptor !== undefined) writeSync(descriptor, chunk);
    else chunks.push(chunk);
  };
  const payload = (): Payload => {
    if (descriptor === undefined) return { bytes: Buffer.concat(chunks) };
    closeSync(descriptor);
    return { file, size };
  };
  return { add, payload };
}

/** Collects a script's output, in memory up to 1 MiB and beyond that in `file`; what is no UTF-8 is dropped. */
export function createPrinted(file: string, onLine: (line: string) => void): Printed {
  const keeper = createKeeper(file);
  const filter = createUtf8Filter();
  const lines = createLineSplitter(onLine);
  let failure: unknown;
  const push = (chunk: Buffer) => {
    const text = filter.push(chunk);
    lines.push(text);
    if (failure !== undefined) return;
    try {
      keeper.add(text);
    } catch (error) {
      // A full disk: thrown by `finish`, where somebody waits for it.
      failure = error;
    }
  };
  const finish = (): Payload => {
    lines.flush();
    const payload = keeper.payload();
    if (failure !== undefined) throw failure;
    return payload;
  };
  return { push, finish };
}
