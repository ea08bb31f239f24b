import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { docker } from '../docker.ts';

/** Who may read from a registry that asks for a password, and its hash. */
export const reader = { name: 'reader', password: 'open-sesame' };
const htpasswd = 'reader:$2y$05$aSfZ4gJA9KFW9mu.6eIJfuHjFrdhCVjIaxL0QjZKplpKKTG5m3N46\n';

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

interface RegistryOptions {
  program: string;
  folder: string;
  /** Only for those who know a password. */
  closed?: boolean;
  /** The port that its clients know, if it is not its own. */
  seenAt?: number;
}

/** A registry on loopback, which Docker trusts without encryption. */
export async function startRegistry({ program, folder, closed = false }: RegistryOptions) {
  const port = await freePort();
  const [users, config] = [join(folder, 'users'), join(folder, 'registry.yml')];
  await mkdir(folder, { recursive: true });
  await writeFile(users, htpasswd);
  const parts = {
    version: 0.1,
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'images') } },
    http: { addr: `127.0.0.1:${port}` },
    ...(closed ? { auth: { htpasswd: { realm: 'here', path: users } } } : {}),
  };
  // JSON is YAML.
  await writeFile(config, JSON.stringify(parts));
  const child = spawn(program, ['serve', config], { stdio: 'ignore' });
  await untilAnswers(port, child);
  const stop = () =>
    new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.kill();
    });
  return { port, name: `127.0.0.1:${port}`, stop };
}

async function untilAnswers(port: number, child: ChildProcess): Promise<void> {
  const end = Date.now() + 20_000;
  for (;;) {
    if (child.exitCode !== null) throw new Error('The registry ended at once.');
    const answers = await fetch(`http://127.0.0.1:${port}/v2/`).then(
      () => true,
      () => false,
    );
    if (answers) return;
    if (Date.now() > end) throw new Error('The registry does not answer.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Puts an image there, with the password in a config of its own. */
export function push(from: string, to: string, config?: string): void {
  docker('tag', from, to);
  docker(...(config ? ['--config', config] : []), 'push', to);
  docker('rmi', to);
}

/** A folder with a Docker config. */
export async function writeConfig(folder: string, config: object): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  return folder;
}

export const authOf = (name: string, password: string) => ({
  auth: Buffer.from(`${name}:${password}`).toString('base64'),
});
