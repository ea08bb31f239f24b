import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../model/errors.ts';

/** All that is looked at to find an engine, and the user's credentials. */
export interface Around {
  environment: Record<string, string>;
  home: string;
}

/** What the user has told Docker, as far as it matters here. */
export interface DockerConfig {
  currentContext?: string;
  auths?: Record<string, { auth?: string; username?: string; password?: string; identitytoken?: string }>;
  /** Registry → name of its helper. */
  credHelpers?: Record<string, string>;
  credsStore?: string;
}

/** Where Docker keeps what the user has told it. */
export const dockerFolder = ({ environment, home }: Around): string =>
  environment.DOCKER_CONFIG || join(home, '.docker');

/** The user's Docker config; empty when there is none, an error when it makes no sense. */
export async function readConfig(around: Around): Promise<DockerConfig> {
  const file = join(dockerFolder(around), 'config.json');
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw new SandboxError('invalid', `Docker's ${file} cannot be read: ${message}.`, {
      cause: error,
      hint: 'Mend it, or name another folder with DOCKER_CONFIG.',
    });
  }
}
