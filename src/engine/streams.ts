import type { Readable, Writable } from 'node:stream';

/** Where the two streams of a container go; they may be one. */
export interface Outlets {
  output: Writable;
  errors: Writable;
}

const headerSize = 8;
const errorsKind = 2;

/**
 * Takes apart what an engine sends as one stream: frames of 8 bytes (kind, three zeros, length) and that many of content.
 * Only as much is read as is taken away: a slow reader holds the container back, nothing piles up here.
 */
export function split(joined: Readable, outlets: Outlets): void {
  const both = [...new Set([outlets.output, outlets.errors])];
  const read = createReader(({ kind, content }) => {
    const to = kind === errorsKind ? outlets.errors : outlets.output;
    // Whoever has closed an outlet does not want what is left.
    if (!to.destroyed) to.write(content);
  });
  const goOn = () => {
    if (both.every((outlet) => outlet.destroyed || !outlet.writableNeedDrain)) joined.resume();
  };
  joined.on('data', (chunk: Buffer) => {
    read(chunk);
    if (both.some((outlet) => !outlet.destroyed && outlet.writableNeedDrain)) joined.pause();
  });
  const end = () => {
    for (const outlet of both) if (!outlet.destroyed) outlet.end();
  };
  joined.on('end', end);
  joined.on('close', end);
  // That the engine went away is told by `ended`.
  joined.on('error', end);
  for (const outlet of both) {
    outlet.on('drain', goOn);
    outlet.on('close', () => {
      if (both.every(({ destroyed }) => destroyed)) joined.destroy();
      else goOn();
    });
  }
}

interface Piece {
  kind: number;
  content: Buffer;
}

/** Content is handed on as it comes, not when its frame is complete. */
function createReader(onPiece: (piece: Piece) => void): (chunk: Buffer) => void {
  const header = Buffer.alloc(headerSize);
  let filled = 0;
  let kind = 0;
  let left = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const content = chunk.subarray(at, at + left);
        at += content.length;
        left -= content.length;
        onPiece({ kind, content });
        continue;
      }
      const taken = chunk.copy(header, filled, at, at + headerSize - filled);
      at += taken;
      filled += taken;
      if (filled < headerSize) return;
      filled = 0;
      kind = header.readUInt8(0);
      left = header.readUInt32BE(4);
    }
  };
}
