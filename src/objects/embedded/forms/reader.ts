import type { IncomingMessage } from 'node:http';
import { type Readable, Transform } from 'node:stream';
import { Busboy, type BusboyConfig } from '@fastify/busboy';
import { failure, type S3Failure } from '../failure.ts';

/** A form as far as its file: what comes behind that does not count. */
interface Arrived {
  /** Names in lower case. */
  fields: Record<string, string>;
  file: Readable;
  /** What the browser calls the file, without folders. */
  name: string;
}

const limits = { fields: 100, fieldSize: 1024 * 1024, files: 1, headerPairs: 200 };

/** Reads the fields in front of the file. The file fails when the body ends, or the client leaves, in its middle. */
export function upToFile(request: IncomingMessage): Promise<Arrived> {
  return new Promise((resolve, reject) => {
    const fields: Record<string, string> = Object.create(null);
    const busboy = open(request);
    let refuse: (why: S3Failure) => void = reject;
    busboy.on('field', (name, value, _nameTruncated, truncated) => {
      if (truncated) refuse(failure('MalformedPOSTRequest', `The field ${name} is too long.`));
      fields[name.toLowerCase()] = value;
    });
    busboy.on('fieldsLimit', () => refuse(failure('MalformedPOSTRequest', 'The form has too many fields.')));
    busboy.on('file', (_field, part, name) => {
      const file = bounded(part, Number.POSITIVE_INFINITY);
      refuse = (why) => void file.destroy(why);
      resolve({ fields, file, name: name ?? '' });
    });
    busboy.on('finish', () => reject(failure('InvalidArgument', 'POST requires exactly one file upload per request.')));
    busboy.on('error', () => refuse(failure('MalformedPOSTRequest')));
    request.once('close', () => {
      if (!request.readableEnded) refuse(failure('IncompleteBody'));
    });
    request.pipe(busboy);
  });
}

function open(request: IncomingMessage) {
  try {
    return new Busboy({
      headers: request.headers as BusboyConfig['headers'],
      limits,
      // S3 takes the field `file` for the file also when it has no name.
      isPartAFile: (field, _type, name) => name !== undefined || field?.toLowerCase() === 'file',
    });
  } catch (error) {
    throw failure('MalformedPOSTRequest', undefined, error);
  }
}

/** The stream as far as it may go: one byte more and it fails. */
export function bounded(stream: Readable, most: number): Readable {
  let size = 0;
  const result = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      size += bytes.length;
      if (size > most) done(failure('EntityTooLarge'));
      else done(null, bytes);
    },
  });
  stream.once('error', (error) => result.destroy(error));
  // What nobody reads any more would hold up the rest of the request.
  result.once('error', () => void stream.unpipe(result).resume());
  return stream.pipe(result);
}
