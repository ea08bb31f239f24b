import type { Readable } from 'node:stream';
import { type Ran, readCounts } from '../agent.ts';
import { createScanner } from '../mark.ts';
import { jobEnd } from './jobscript.ts';

/** What tells the end is shorter by far; a script that tells one itself may go on without end. */
const LONGEST = 4096;

/** Hands out what a job prints, until its end is told; undefined when the stream ends without. */
export function readJob(output: Readable, nonce: string, onOutput: (chunk: Buffer) => void): Promise<Ran | undefined> {
  const scanner = createScanner(jobEnd(nonce), onOutput);
  const { promise, resolve } = Promise.withResolvers<Ran | undefined>();
  let tail: Buffer | undefined;
  output.on('data', (chunk: Buffer) => {
    if (tail && tail.length >= LONGEST) return;
    tail = (tail ? Buffer.concat([tail, chunk.subarray(0, LONGEST)]) : scanner.push(chunk))?.subarray(0, LONGEST);
    const line = tail?.toString('latin1');
    if (line?.includes('\n')) resolve(parse(line));
  });
  const finish = () => {
    if (!tail) scanner.flush();
    resolve(undefined);
  };
  output.once('end', finish);
  output.once('close', finish);
  output.once('error', finish);
  return promise;
}

function parse(line: string): Ran {
  const [code, ...counts] = line.split('\n', 1)[0]?.split(' ') ?? [];
  return { exitCode: Number(code), ...readCounts(counts) };
}
