import { createReadStream, createWriteStream } from 'node:fs';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { WebDAVClientError } from 'webdav';
import { type ErrorCode, SandboxError } from '../../model/errors.ts';
import type { WebdavProvider } from '../../model/service.ts';
import type { Elsewhere } from '../elsewhere.ts';

/** A WebDAV server (dCache, Nextcloud). OSCAR: `hostname` has no scheme and means https; one that is written counts. */
export async function openWebdav(name: string, { hostname, login, password }: WebdavProvider): Promise<Elsewhere> {
  const { createClient } = await import('webdav');
  const url = /^https?:\/\//.test(hostname) ? hostname : `https://${hostname}`;
  const client = createClient(url, { username: login, password });
  const asked = async <T>(path: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw toSandboxError(error as WebDAVClientError, { name, url, path });
    }
  };
  return {
    put: async (path, { file, size }, contentType) =>
      asked(path, async () => {
        const folder = posix.dirname(rooted(path));
        if (folder !== '/') await client.createDirectory(folder, { recursive: true });
        const headers = { 'Content-Type': contentType };
        await client.putFileContents(rooted(path), createReadStream(file), { contentLength: size, headers });
      }),
    fetch: async (path, file) =>
      asked(path, async () => {
        const target = createWriteStream(file, { flags: 'wx' });
        await pipeline(client.createReadStream(rooted(path)) as Readable, target);
        return target.bytesWritten;
      }),
  };
}

const rooted = (path: string): string => `/${path.replace(/^\/+/, '')}`;

interface About {
  name: string;
  url: string;
  path: string;
}

function toSandboxError(cause: WebDAVClientError, { name, url, path }: About): SandboxError {
  const where = `The WebDAV server of ${name} (${url})`;
  const hint = `Check ${name} below storage_providers.`;
  const refusals: Record<number, [code: ErrorCode, message: string]> = {
    401: ['unavailable', `${where} refuses the login and the password.`],
    403: ['unavailable', `${where} does not allow ${path}.`],
    404: ['not-found', `There is no ${path} in ${name}.`],
    507: ['unavailable', `No space is left on ${where}.`],
  };
  const [code, message] = refusals[cause.status ?? 0] ?? [
    'unavailable',
    cause.status ? `${where} says: ${cause.message}.` : `${where} does not answer: ${reasonOf(cause)}.`,
  ];
  return new SandboxError(code, message, { hint, cause });
}

/** Node tells of the network what its fetch only hints at. */
const reasonOf = ({ message, cause }: Error): string => (cause instanceof Error ? cause.message : message);
