import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { OutputFile } from './files.ts';
import type { Opened } from './output.ts';

/** Packs files into a zip, stored as they are and named as below the output folder; answers its size. */
export async function writeArchive(
  files: OutputFile[],
  target: string,
  open: (file: OutputFile) => Opened,
): Promise<number> {
  // One is held at a time: there may be more of them than a process may hold.
  const described = files.map((file) => {
    const { info, close } = open(file);
    close();
    return { file, options: { size: info.size, mtime: info.mtime, mode: info.mode, compress: false } };
  });
  const zip = new ZipFile();
  const output = zip.outputStream as Readable;
  zip.on('error', (error: Error) => output.destroy(error));
  for (const { file, options } of described) {
    zip.addReadStreamLazy(file.name, options, (use) => pump(() => open(file), use));
  }
  zip.end();
  const sink = createWriteStream(target, { mode: 0o600 });
  await pipeline(output, sink);
  return sink.bytesWritten;
}

type Use = (error: unknown, stream: NodeJS.ReadableStream) => void;

function pump(open: () => Opened, use: Use): void {
  try {
    const { path, close } = open();
    const stream = createReadStream(path);
    // The zip does not listen for it itself.
    stream.once('error', (error) => use(error, stream));
    stream.once('close', close);
    use(undefined, stream);
  } catch (error) {
    use(error, Readable.from([]));
  }
}
