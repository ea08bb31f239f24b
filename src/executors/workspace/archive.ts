import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { OutputFile } from './files.ts';

/** Packs files into a zip, stored as they are and named as below the output folder; answers its size. */
export async function writeArchive(files: OutputFile[], target: string): Promise<number> {
  const zip = new ZipFile();
  const broken = new Promise<never>((_, reject) => zip.on('error', reject));
  for (const { path, name } of files) zip.addFile(path, name, { compress: false });
  zip.end();
  const sink = createWriteStream(target, { mode: 0o600 });
  await Promise.race([pipeline(zip.outputStream as Readable, sink), broken]);
  return sink.bytesWritten;
}
