import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Status } from '../../src/api/protocol.ts';

export interface Upload {
  name: string;
  text: string;
  /** What word-count makes of it. */
  counts: string;
}

const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'glade', 'heron'];

/** So many texts, each with counts of its own. */
export const createUploads = (count: number): Upload[] =>
  Array.from({ length: count }, (_, number) => {
    const counted = words.map((word, index) => [word, ((number >> index) % 5) + 1] as const);
    const all = [...counted, [`n${number}`, 1] as const];
    const lines = all.sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).map(([word, times]) => `${times}\t${word}\n`);
    const text = `${all.map(([word, times]) => `${word} `.repeat(times)).join('')}\n`;
    return { name: `text-${String(number).padStart(4, '0')}`, text, counts: lines.join('') };
  });

/** Random numbers from 0 to 1 that are the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A client that sends each request once: whether it is sent again is for the test to say. */
export const connectTo = ({ s3, accessKey, secretKey }: Status): S3Client =>
  new S3Client({
    endpoint: s3,
    region: 'us-east-1',
    forcePathStyle: true,
    maxAttempts: 1,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
  });

/** Does the work in so many lanes at once. */
export async function inLanes<T>(lanes: number, items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

/** Uploads them; answers those that were acknowledged, in whatever way the others failed. */
export async function sendAll(
  client: S3Client,
  uploads: Upload[],
  onAcknowledged: (count: number) => void,
): Promise<Upload[]> {
  const acknowledged: Upload[] = [];
  await inLanes(16, uploads, async (upload) => {
    const put = new PutObjectCommand({ Bucket: 'word-count', Key: `in/${upload.name}.txt`, Body: upload.text });
    const answered = await client.send(put).then(
      () => true,
      () => false,
    );
    if (!answered) return;
    acknowledged.push(upload);
    onAcknowledged(acknowledged.length);
  });
  return acknowledged;
}

/** What is stored under a key of the service's bucket, or why it cannot be had. */
export async function stored(client: S3Client, key: string): Promise<string> {
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: 'word-count', Key: key }));
    return (await Body?.transformToString()) ?? '';
  } catch (error) {
    return String(error);
  }
}
