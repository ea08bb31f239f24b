import type { Part, UploadMeta } from '../../../store/uploads.ts';
import { failure } from '../failure.ts';
import { composite, isChecksum } from './checksums.ts';
import { joinCrc } from './crcjoin.ts';

/** The checksum of an object, from those of its parts; none when the upload wanted none. */
export function checksumOfWhole({ algorithm, checksumType }: UploadMeta, parts: Part[]): Record<string, string> {
  if (algorithm === undefined || !isChecksum(algorithm)) return {};
  const sums = parts.map((part) => part.checksums[algorithm]);
  if (sums.some((sum) => sum === undefined)) throw failure('InvalidPart');
  if (checksumType !== 'FULL_OBJECT') return { [algorithm]: composite(algorithm, sums as string[]) };
  const pieces = parts.map(({ size }, index) => ({ size, crc: Buffer.from(sums[index] ?? '', 'base64') }));
  return { [algorithm]: joinCrc(algorithm, pieces).toString('base64') };
}
