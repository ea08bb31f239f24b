import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { constants, createGzip } from 'node:zlib';

/** Writes `file.gz`, the same bytes each time: its header tells no time. */
export async function gzip(file: string): Promise<string> {
  const archive = `${file}.gz`;
  await pipeline(
    createReadStream(file),
    createGzip({ level: constants.Z_BEST_COMPRESSION }),
    createWriteStream(`${archive}.part`),
  );
  await rename(`${archive}.part`, archive);
  return archive;
}
