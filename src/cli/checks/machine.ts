import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { type Check, fail, ok, type Scene, warn } from './check.ts';

const execute = promisify(execFile);

/** This program: the Node it runs on, the platform, and its one native part. */
export const program: Check = {
  name: 'program',
  look: async () => {
    const { versions, platform, arch } = process;
    const here = `Node ${versions.node}, ${platform}-${arch}`;
    if (Number.parseInt(versions.node, 10) < 24) {
      return fail(`${here} is too old`, 'Use Node 24: `npm run -s sandbox -- ARGS` in a clone brings its own.');
    }
    if (!['linux', 'darwin'].includes(platform)) return fail(here, 'Use Linux, macOS, or WSL 2 on Windows.');
    try {
      // Everything that the daemon is made of loads with it.
      await import('../../daemon/daemon.ts');
      return ok(here);
    } catch (error) {
      return fail(`${here}; the daemon does not load: ${(error as Error).message}`, 'Install again: npm ci');
    }
  },
};

const tools = ['sh', 'cat', 'sed', 'awk', 'base64', 'mktemp'];

/** Scripts of services need a shell and the usual tools. */
export const shell: Check = {
  name: 'shell',
  look: async ({ around }) => {
    const missing = [];
    for (const tool of tools) if (!(await onPath(tool, around.env.PATH))) missing.push(tool);
    try {
      await execute('/bin/sh', ['-c', 'exit 0']);
    } catch (error) {
      return fail(`/bin/sh does not run: ${(error as Error).message}`, 'Install a POSIX shell as /bin/sh.');
    }
    if (missing.length === 0) return ok('/bin/sh and the usual tools are there');
    return warn(
      `not on the PATH: ${missing.join(', ')}`,
      'Install them, or set PATH before `up`: scripts see the same.',
    );
  },
};

async function onPath(tool: string, path = ''): Promise<boolean> {
  for (const folder of path.split(delimiter)) {
    if (await may(join(folder, tool), constants.X_OK)) return true;
  }
  return false;
}

const may = (file: string, mode: number): Promise<boolean> =>
  access(file, mode).then(
    () => true,
    () => false,
  );

/** Can memory and cpu of a service be limited here? */
export const limits: Check = {
  name: 'limits',
  look: async (scene) => {
    if (scene.running) return toldBy(scene.running.executorDetail);
    if (process.platform !== 'linux') return unlimited('this system has no control groups');
    const version2 = await may('/sys/fs/cgroup/cgroup.controllers', constants.R_OK);
    const root = version2 ? '/sys/fs/cgroup/cgroup.subtree_control' : '/sys/fs/cgroup/memory/cgroup.procs';
    if (await may(root, constants.W_OK)) return ok(`memory and cpu limits through ${root}`);
    if (await userManager(scene)) return ok('memory and cpu limits through systemd-run --user');
    return unlimited('control groups may not be made by this user');
  },
};

const toldBy = (detail: string) => (detail.includes('not enforced') ? unlimited(detail) : ok(detail));

const unlimited = (why: string) =>
  warn(why, 'Services run without limits. On Linux a systemd user session, or root, makes them real.');

async function userManager({ around }: Scene): Promise<boolean> {
  const runtime = around.env.XDG_RUNTIME_DIR;
  if (!runtime || !(await onPath('systemd-run', around.env.PATH))) return false;
  return may(join(runtime, 'systemd/private'), constants.W_OK);
}

/** Folders are watched through inotify, of which each user has so much. */
export const watches: Check = {
  name: 'watches',
  look: async () => {
    const limit = async (name: string) =>
      Number(await readFile(`/proc/sys/fs/inotify/${name}`, 'utf8').catch(() => Number.NaN));
    const [watched, instances] = [await limit('max_user_watches'), await limit('max_user_instances')];
    if (Number.isNaN(watched)) return ok('this system does not limit watched folders');
    const text = `${watched} watched files, ${instances} watchers`;
    if (watched >= 8192 && instances >= 128) return ok(text);
    return warn(`only ${text}`, 'sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512');
  },
};

/** Every connection, object and log takes an open file. */
export const openFiles: Check = {
  name: 'open files',
  look: async () => {
    const { stdout } = await execute('/bin/sh', ['-c', 'ulimit -n']);
    const most = stdout.trim() === 'unlimited' ? Number.POSITIVE_INFINITY : Number(stdout);
    if (most >= 4096) return ok(most === Number.POSITIVE_INFINITY ? 'unlimited' : `${most} at once`);
    return warn(`only ${most} at once`, 'Raise it before `up`: ulimit -n 65536');
  },
};
