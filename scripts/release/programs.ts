import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What is wrong with a program that is started where there is nothing but itself; nothing if it tells its version. */
export const programProblems = (program: string, version: string): Promise<string[]> =>
  inEmptyFolder((home) => versionProblems(program, version, { HOME: home, PATH: home }));

/** What is wrong with the npm package, installed without the network in an empty folder and started. */
export const packageProblems = (archive: string, version: string): Promise<string[]> =>
  inEmptyFolder(async (folder) => {
    const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
    const env = { PATH, HOME: folder, npm_config_cache: join(folder, 'cache') };
    const cwd = join(folder, 'project');
    await mkdir(cwd);
    const flags = ['--prefix', cwd, '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    try {
      await run('npm', ['install', ...flags, archive], { cwd, env });
    } catch (error) {
      return [`${archive} cannot be installed: ${lastWords(error)}`];
    }
    const modules = join(cwd, 'node_modules');
    const others = (await readdir(modules)).filter((name) => !name.startsWith('.') && name !== 'oscar-sandbox');
    const brought = others.map((name) => `${archive} brings ${name} along, but has to be whole by itself.`);
    return [...brought, ...(await versionProblems(join(modules, '.bin/oscar-sandbox'), version, env))];
  });

async function versionProblems(program: string, version: string, env: Record<string, string>): Promise<string[]> {
  try {
    const { stdout } = await run(program, ['--version'], { env, timeout: 60_000 });
    return stdout.trim() === version ? [] : [`${program} --version says “${stdout.trim()}” instead of ${version}.`];
  } catch (error) {
    return [`${program} does not start: ${lastWords(error)}`];
  }
}

/** The end of what a failed program said; what the system said of one that could not be started. */
function lastWords(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  return (stderr?.trim() || message).split('\n').slice(-5).join('\n');
}

async function inEmptyFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sandbox-release-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
