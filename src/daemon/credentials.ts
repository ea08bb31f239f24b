import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../model/errors.ts';

/** The administrator's name and password for the API, and the keys of the store. */
export interface Credentials {
  user: string;
  password: string;
  accessKey: string;
  secretKey: string;
}

/** The credentials of a data folder: made at the first start, kept (mode 0600) for every later one. */
export async function keepCredentials(dataDir: string): Promise<Credentials> {
  const file = join(dataDir, 'credentials');
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (kept !== undefined) return parse(kept, file);
  const secret = (bytes: number) => randomBytes(bytes).toString('base64url');
  // OSCAR's store knows its administrator as `minio`; scripts find this name in events.
  const made = { user: 'oscar', password: secret(12), accessKey: 'minio', secretKey: secret(24) };
  await writeFile(`${file}.new`, `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
}

function parse(text: string, file: string): Credentials {
  const broken = (cause?: unknown) =>
    new SandboxError('invalid', `${file} is not readable as credentials.`, {
      hint: 'Delete it: new credentials are made at the next start.',
      cause,
    });
  try {
    const { user, password, accessKey, secretKey } = JSON.parse(text) as Partial<Credentials>;
    if (user && password && accessKey && secretKey) return { user, password, accessKey, secretKey };
  } catch (error) {
    throw broken(error);
  }
  throw broken();
}
