import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { bytesOf, type RunAnswer } from '../../api/client.ts';
import { decoded } from '../payload.ts';
import { type Item, keep } from './content.ts';
import { unzip } from './unzip.ts';

/** What a call answered, kept in a folder: one item, or each file of a zip. */
export async function answerItems(
  { kind, body }: { kind: RunAnswer['kind']; body: Readable },
  folder: string,
): Promise<Item[]> {
  await mkdir(folder);
  const file = (index: number) => join(folder, String(index));
  if (kind === 'output') return [await keep('response', body, file(0))];
  if (kind === 'file') return [await keep('response (a file)', decoded(body), file(0))];
  const entries = unzip(await bytesOf(decoded(body)));
  return Promise.all(entries.map(({ name, bytes }, index) => keep(name, one(bytes), file(index))));
}

async function* one(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
