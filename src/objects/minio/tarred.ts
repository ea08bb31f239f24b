import { Readable } from 'node:stream';

const block = 512;

/** One small text file as a tar, readable for every user and writable for none. */
export function tarred(name: string, content: string): Readable {
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(block);
  const write = (text: string, at: number) => header.write(text, at, 'latin1');
  const number = (value: number, digits: number, at: number) => write(value.toString(8).padStart(digits, '0'), at);
  write(name, 0);
  number(0o444, 7, 100);
  number(0, 7, 108);
  number(0, 7, 116);
  number(bytes.length, 11, 124);
  number(0, 11, 136);
  // The checksum is made with blanks where it will stand.
  write(' '.repeat(8), 148);
  write('0', 156);
  write('ustar\x0000', 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((block - (bytes.length % block)) % block);
  return Readable.from([Buffer.concat([header, bytes, padding, Buffer.alloc(2 * block)])], { objectMode: false });
}
