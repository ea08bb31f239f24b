import { Transform, type TransformCallback } from 'node:stream';
import { failure } from '../failure.ts';
import { mode as modes, type Seed } from '../signing/access.ts';
import { createSeal, type Seal } from './seal.ts';
import { createTrailers, type Trailers } from './trailers.ts';

/** A decoder of `aws-chunked` bodies: content flows through, the trailers are there when it has ended. */
interface ChunkDecoder extends Transform {
  /** Names in lower case. */
  readonly trailers: Record<string, string>;
}

/**
 * Takes the framing off a body that was sent in chunks (mode `STREAMING-…`) and checks the signature of every chunk and
 * of the trailers where the mode has them. Memory stays flat: content is passed on as it comes, so nobody may rely on
 * it before the end.
 */
export function createChunkDecoder(mode: string, seed: Seed | undefined): ChunkDecoder {
  const seal = sealOf(mode, seed);
  const trailers = createTrailers({ allowed: mode !== modes.signedChunks, seal });
  const framing = createFraming(seal, trailers);
  const decoder = new Transform({
    transform(bytes: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      attempt(done, () => framing.take(bytes, (content) => this.push(content)));
    },
    flush(done: TransformCallback) {
      attempt(done, framing.finish);
    },
  });
  return Object.assign(decoder, { trailers: trailers.values });
}

function attempt(done: TransformCallback, work: () => void): void {
  let failed: Error | undefined;
  try {
    work();
  } catch (error) {
    failed = error as Error;
  }
  done(failed);
}

function sealOf(mode: string, seed: Seed | undefined): Seal | undefined {
  if (mode === modes.unsignedChunksTrailer) return undefined;
  if (mode !== modes.signedChunks && mode !== modes.signedChunksTrailer) {
    throw failure('NotImplemented', `Bodies in the form ${mode} are not supported.`);
  }
  if (!seed) throw failure('AccessDenied', 'A body with signed chunks needs a request that is signed with version 4.');
  return createSeal(seed);
}

/** What comes next. `end` is the line break behind a chunk, `rest` the line break behind it all. */
type Expecting = 'size' | 'data' | 'end' | 'trailer' | 'rest';

interface Framing {
  take(bytes: Buffer, push: (content: Buffer) => void): void;
  finish(): void;
}

function createFraming(seal: Seal | undefined, trailers: Trailers): Framing {
  const readLine = createLineReader();
  let expecting: Expecting = 'size';
  let left = 0;

  /** Each takes what it can from the front and answers what remains. */
  const steps: Record<Expecting, (bytes: Buffer, push: (content: Buffer) => void) => Buffer> = {
    size: (bytes) =>
      readLine(bytes, (line) => {
        left = sizeIn(line);
        seal?.open(/;chunk-signature=([^;\s]*)/.exec(line)?.[1]);
        if (left === 0) seal?.close();
        expecting = left === 0 ? 'trailer' : 'data';
      }),
    data: (bytes, push) => {
      const content = bytes.subarray(0, left);
      seal?.update(content);
      push(content);
      left -= content.length;
      if (left === 0) expecting = 'end';
      return bytes.subarray(content.length);
    },
    end: (bytes) =>
      readLine(bytes, (line) => {
        if (line !== '\r') throw failure('InvalidRequest', 'A chunk of the body is longer than it says.');
        seal?.close();
        expecting = 'size';
      }),
    trailer: (bytes) =>
      readLine(bytes, (line) => {
        if (trailers.take(line)) expecting = 'rest';
      }),
    rest: (bytes) => {
      if (bytes.some((byte) => byte !== 13 && byte !== 10))
        throw failure('InvalidRequest', 'Bytes follow the end of the body.');
      return bytes.subarray(bytes.length);
    },
  };
  return {
    take: (bytes, push) => {
      for (let rest = bytes; rest.length > 0; ) rest = steps[expecting](rest, push);
    },
    finish: () => {
      // Some clients leave out the last empty line.
      if (expecting !== 'rest' && expecting !== 'trailer') throw failure('IncompleteBody');
      trailers.finish();
    },
  };
}

const longestLine = 16 * 1024;

/** Gathers a line that may come in pieces; answers what follows it. */
function createLineReader() {
  let begun = '';
  return (bytes: Buffer, use: (line: string) => void): Buffer => {
    const end = bytes.indexOf(10);
    const length = end < 0 ? bytes.length : end;
    if (begun.length + length > longestLine)
      throw failure('InvalidRequest', 'A line in the framing of the body is too long.');
    begun += bytes.toString('latin1', 0, length);
    if (end < 0) return bytes.subarray(length);
    const line = begun;
    begun = '';
    use(line);
    return bytes.subarray(end + 1);
  };
}

function sizeIn(line: string): number {
  const [, size] = /^([0-9a-f]{1,13})(?:;[^\r]*)?\r$/i.exec(line) ?? [];
  if (size === undefined) throw failure('InvalidRequest', 'A chunk of the body has no valid size.');
  return Number.parseInt(size, 16);
}
