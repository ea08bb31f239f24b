import { inflateRawSync } from 'node:zlib';
import { SandboxError } from '../../model/errors.ts';

/** A file of a zip. */
export interface Entry {
  name: string;
  bytes: Buffer;
}

const end = Buffer.from('PK\x05\x06', 'latin1');
const entry = 0x02014b50;

/** The most that a zip may hold unpacked: a few bytes of it can be made to hold any number. */
const mostBytes = 256 * 2 ** 20;

/** The files of a zip by its directory: two zips of the same files differ in their times. */
export function unzip(zip: Buffer, most = mostBytes): Entry[] {
  try {
    return entriesOf(zip, most);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(most);
    // A place outside of it, or content that is not packed as it says.
    if (code === 'ERR_OUT_OF_RANGE' || code === 'ERR_BUFFER_OUT_OF_BOUNDS' || code?.startsWith('Z_')) throw broken();
    throw error;
  }
}

function entriesOf(zip: Buffer, most: number): Entry[] {
  const at = zip.lastIndexOf(end);
  if (at < 0) throw broken();
  const entries: Entry[] = [];
  let room = most;
  let place = zip.readUInt32LE(at + 16);
  for (let left = zip.readUInt16LE(at + 10); left > 0; left -= 1) {
    if (zip.readUInt32LE(place) !== entry) throw broken();
    const lengths = [28, 30, 32].map((offset) => zip.readUInt16LE(place + offset));
    const [nameLength = 0] = lengths;
    const name = zip.toString('utf8', place + 46, place + 46 + nameLength);
    if (!name.endsWith('/')) {
      const bytes = contentAt(zip, place, room);
      room -= bytes.length;
      if (room < 0) throw tooLarge(most);
      entries.push({ name, bytes });
    }
    place += 46 + lengths.reduce((sum, length) => sum + length, 0);
  }
  return entries;
}

function contentAt(zip: Buffer, place: number, room: number): Buffer {
  const header = zip.readUInt32LE(place + 42);
  const from = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const packed = zip.subarray(from, from + zip.readUInt32LE(place + 20));
  // Not less than 1: no room at all is no limit that it takes.
  const maxOutputLength = Math.max(room, 1);
  return zip.readUInt16LE(place + 10) === 0 ? packed : inflateRawSync(packed, { maxOutputLength });
}

const broken = () => new SandboxError('internal', 'The zip that the service answered cannot be read.');

const tooLarge = (most: number) =>
  new SandboxError('invalid', `The zip that the service answered holds more than ${most} bytes.`, {
    hint: 'Compare what it stores in a bucket, as a job: --job.',
  });
