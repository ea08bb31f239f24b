import { failure } from '../failure.ts';
import type { Seal } from './seal.ts';

/** Takes in the lines behind the last chunk. */
export interface Trailers {
  /** Names in lower case. */
  values: Record<string, string>;
  /** Takes one line; true when it was the last. */
  take(line: string): boolean;
  /** Throws unless what has come is all there has to be. */
  finish(): void;
}

const mostBytes = 16 * 1024;
const signatureName = 'x-amz-trailer-signature';

/** Trailers in a mode that has them, checked against the seal where there is one. */
export function createTrailers({ allowed, seal }: { allowed: boolean; seal: Seal | undefined }): Trailers {
  const values: Record<string, string> = {};
  const lines: string[] = [];
  let signed = false;
  let bytes = 0;

  const takeSignature = (value: string) => {
    seal?.checkTrailers(lines, value);
    signed = true;
  };
  const takeValue = (name: string, value: string) => {
    // Whoever adds one behind the signature did not sign it.
    if (!allowed || signed) throw failure('InvalidRequest', `The trailer ${name} has no place in this body.`);
    lines.push(`${name}:${value}`);
    values[name] = value;
  };

  return {
    values,
    take: (line) => {
      bytes += line.length;
      if (bytes > mostBytes) throw failure('InvalidRequest', 'The trailers of the body are too long.');
      const text = line.trim();
      // minio-go: an empty line stands before the signature, too.
      if (text === '') return seal === undefined || signed || lines.length === 0;
      const colon = text.indexOf(':');
      if (colon < 1) throw failure('InvalidRequest', 'A trailer of the body has no name.');
      const name = text.slice(0, colon).trim().toLowerCase();
      const value = text.slice(colon + 1).trim();
      if (name === signatureName) takeSignature(value);
      else takeValue(name, value);
      return false;
    },
    finish: () => {
      if (seal && lines.length > 0 && !signed) {
        throw failure('SignatureDoesNotMatch', 'The trailers of the body are not signed.');
      }
    },
  };
}
