import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { type IncomingMessage, Agent as PlainAgent, get as plainGet } from 'node:http';
import { Agent, get } from 'node:https';
import { Transform } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { getCACertificates } from 'node:tls';
import { SandboxError } from '../../../model/errors.ts';

/** How things are fetched from the network. */
export interface Way {
  /** Its proxies count. */
  environment: Record<string, string>;
  signal: AbortSignal;
}

/** Fetches a file; answers its SHA-256. Throws `unavailable` with the address when it cannot be had. */
export async function download(address: string, to: string, way: Way): Promise<string> {
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform: (chunk: Buffer, _, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await having(address, async () =>
    pipeline(await open(address, way), hashing, createWriteStream(to), { signal: way.signal }),
  );
  return hash.digest('hex');
}

/** The SHA-256 that is published at an address, alone or as `sha256sum` writes it. */
export async function publishedChecksum(address: string, way: Way): Promise<string> {
  const content = await having(address, async () => text(await open(address, way)));
  const [sha256 = ''] = content.trim().split(/\s+/);
  if (/^[0-9a-f]{64}$/i.test(sha256)) return sha256.toLowerCase();
  throw new SandboxError('unavailable', `${address} does not hold a SHA-256.`, { hint: 'Try again later.' });
}

async function having<T>(address: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SandboxError) throw cause;
    throw new SandboxError('unavailable', `${address} cannot be fetched: ${(cause as Error).message}.`, {
      hint: 'Look at the network and at HTTPS_PROXY, or give all parts in a folder: --parts DIR.',
      cause,
    });
  }
}

const longestWay = 5;

async function open(address: string, way: Way, hops = 0): Promise<IncomingMessage> {
  const answer = await ask(address, way);
  const { statusCode = 0, headers } = answer;
  if (statusCode === 200) return answer;
  answer.resume();
  if (statusCode >= 300 && statusCode < 400 && headers.location && hops < longestWay) {
    const next = new URL(headers.location, address);
    if (address.startsWith('https:') && next.protocol !== 'https:')
      throw new Error(`it leads to ${next.origin}, unencrypted`);
    return open(next.href, way, hops + 1);
  }
  throw new Error(`status ${statusCode}`);
}

function ask(address: string, { environment, signal }: Way): Promise<IncomingMessage> {
  const options = { proxyEnv: environment };
  return new Promise((resolve, reject) => {
    const how = { signal, headers: { 'user-agent': 'oscar-sandbox' } };
    const request = address.startsWith('https:')
      ? get(address, { ...how, agent: new Agent({ ...options, ca: trusted() }) }, resolve)
      : plainGet(address, { ...how, agent: new PlainAgent(options) }, resolve);
    request.on('error', reject);
  });
}

// Those of this machine count as well: a company's proxy is known there alone.
const trusted = (): string[] => [...getCACertificates('default'), ...getCACertificates('system')];
