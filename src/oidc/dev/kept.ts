import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { SandboxError } from '../../model/errors.ts';
import { createKey, type PrivateKey } from '../jwt.ts';
import { names } from './accounts.ts';

/** What an issuer keeps from one start to the next: whom it knows, and what it signs with. */
export interface Kept {
  /** Where it listened last. */
  port: number | undefined;
  /** For tokens that others check. */
  key: PrivateKey;
  /** For tokens that it alone reads, and for cookies. */
  secret: string;
  /** The passwords of the users, by their names. */
  passwords: Record<string, string>;
}

/** What is kept in a file; made at the first start. */
export async function readKept(file: string): Promise<Kept> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text !== undefined) return parse(text, file);
  const made: Kept = {
    port: undefined,
    key: await createKey(randomBytes(8).toString('hex')),
    secret: randomBytes(64).toString('base64url'),
    passwords: Object.fromEntries(names.map((name) => [name, randomBytes(12).toString('base64url')])),
  };
  await writeKept(file, made);
  return made;
}

/** Keeps it, whole or not at all, for this user alone. */
export async function writeKept(file: string, kept: Kept): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}

function parse(text: string, file: string): Kept {
  const broken = (cause?: unknown) =>
    new SandboxError('invalid', `${file} does not hold what the issuer of --oidc-dev keeps.`, {
      hint: 'Delete it: new users and keys are made at the next start.',
      cause,
    });
  let value: Partial<Kept>;
  try {
    value = JSON.parse(text) as Partial<Kept>;
  } catch (error) {
    throw broken(error);
  }
  const { port, key, secret, passwords } = value;
  if (!key?.kid || !key.d || !secret || !names.every((name) => passwords?.[name])) throw broken();
  return { port, key, secret, passwords: { ...passwords } };
}
