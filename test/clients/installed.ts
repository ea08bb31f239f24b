import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { engineAnswers } from '../docker.ts';

const { env } = process;
const cache = env.OSCAR_SANDBOX_CI_CACHE ?? '/var/tmp/oscar-sandbox-ci';
const required = env.OSCAR_SANDBOX_REQUIRE === 'all';

const canRun = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const isImageMagick = (file: string): boolean => {
  try {
    return execFileSync(file, ['-version'], { encoding: 'utf8', stdio: 'pipe' }).includes('ImageMagick');
  } catch {
    return false;
  }
};

const onPath = (name: string): string[] =>
  (env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .filter(canRun);

// The others are in the cache alone: an `mc` on the PATH is as a rule another program.
const debian = ['curl', 'rclone', 's3cmd', 'docker-registry', 'shellcheck', 'qemu-aarch64-static'];

/** What provides a program, where it is not `.ci/clients`. */
const scripts: Record<string, string> = {
  docker: 'engine',
  dockerd: 'engine',
  'docker-registry': 'engine',
  minio: 'minio',
  'qemu-aarch64-static': 'qemu',
};

/** Where a client's program is, if it is installed: on the PATH, or in the cache that `.ci` fills. */
export function available(client: string): string | undefined {
  if (client === 'imagemagick') return [...onPath('magick'), ...onPath('convert')].find(isImageMagick);
  if (client === 'docker') return onPath(client).find(engineAnswers);
  // Only root can start an engine of its own.
  if (client === 'dockerd') return process.getuid?.() === 0 ? onPath(client)[0] : undefined;
  if (debian.includes(client)) return onPath(client)[0];
  const places = [join('venvs', client, 'bin/python'), join('bin', client), join(client, client)];
  return places.map((place) => join(cache, place)).find(canRun);
}

/** Tests that need a program: skipped with its name where it is not installed, failed where it was required. */
export function describeWith(client: string, body: (program: string) => void): void {
  const program = available(client);
  if (program) {
    describe(client, () => body(program));
  } else if (required) {
    describe(client, () => it('is there', () => expect.fail(`${client} is required and not to be had.`)));
  } else {
    const script = `.ci/${scripts[client] ?? 'clients'}`;
    console.warn(`Skipped: ${client} is not to be had; \`bash ${script}\` provides it on Debian.`);
    describe.skip(`${client} (not to be had)`, () => body(client));
  }
}
