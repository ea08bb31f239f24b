import { randomUUID } from 'node:crypto';
import { constants, createReadStream, writeFileSync } from 'node:fs';
import { copyFile, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Payload, payloadSize } from '../../model/task.ts';

/** Larger bodies are never read whole: they are base64 or they are taken as they are. */
const SMALL = 16 * 1024 * 1024;

/** The bytes of a payload that is small enough to be looked into. */
export async function smallBytes(payload: Payload): Promise<Buffer | undefined> {
  if (payloadSize(payload) > SMALL) return undefined;
  return 'bytes' in payload ? payload.bytes : await readFile(payload.file);
}

/** OSCAR: the file of a call never has an extension. */
const newName = (folder: string): string => join(folder, `event-file-${randomUUID()}`);

/** Writes the body of a call into the input folder; answers the file's path. */
export function writeCall(folder: string, content: Buffer): string {
  const file = newName(folder);
  writeFileSync(file, content, { flag: 'wx' });
  return file;
}

const ALPHABET = /^[A-Za-z0-9+/]*={0,2}$/;

/** Decodes strict base64 that comes in pieces; answers undefined for a piece that shows that it is none. */
function createDecoder() {
  let rest = '';
  let padded = false;
  const push = (chunk: Buffer): Buffer | undefined => {
    const packed = rest + chunk.toString('latin1').replace(/[ \t\r\n]+/g, '');
    if (!ALPHABET.test(packed) || (padded && packed.length > 0)) return undefined;
    const whole = packed.length - (packed.length % 4);
    rest = packed.slice(whole);
    padded = padded || packed.slice(0, whole).endsWith('=');
    return Buffer.from(packed.slice(0, whole), 'base64');
  };
  return { push, complete: () => rest === '' };
}

async function decodeInto(source: AsyncIterable<Buffer>, file: string): Promise<boolean> {
  const decoder = createDecoder();
  const target = await open(file, 'wx');
  try {
    for await (const chunk of source) {
      const bytes = decoder.push(chunk);
      if (!bytes) return false;
      await target.write(bytes);
    }
    return decoder.complete();
  } finally {
    await target.close();
  }
}

/** Writes a large body into the input folder piece by piece: decoded if all of it is base64, else as it is. */
export async function writeLargeCall(folder: string, payload: Payload): Promise<string> {
  const file = newName(folder);
  if ('bytes' in payload) return writeCall(folder, payload.bytes);
  if (await decodeInto(createReadStream(payload.file, { highWaterMark: 1024 * 1024 }), file)) return file;
  await rm(file);
  await copyFile(payload.file, file, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  return file;
}
