import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineInfo } from '../../engine/engine.ts';
import { doubtful, type Remark, wrong } from './remark.ts';

/** As Linux numbers file systems. */
const fileSystems: Record<number, string> = { 2435016766: 'btrfs', 801189825: 'ZFS' };

/** What kind publishes as its known issues and can be seen of an engine on this machine. */
export async function knownIssues({ place, root: images }: EngineInfo, root: string): Promise<Remark[]> {
  if (place !== 'here') return [];
  const found = await Promise.all([oldGroups(root), initProcess(root), fileSystem(images)]);
  return found.filter((one) => one !== undefined);
}

const readIfThere = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);

async function oldGroups(root: string): Promise<Remark | undefined> {
  if (process.platform !== 'linux') return undefined;
  if ((await readIfThere(join(root, 'sys/fs/cgroup/cgroup.controllers'))) !== undefined) return undefined;
  return doubtful(
    'this machine has cgroup v1: the node image of this version starts on it, those of Kubernetes 1.35 and later do not',
    'Boot with systemd.unified_cgroup_hierarchy=1, or stay with that image.',
  );
}

/** A node's first process must be its own. */
async function initProcess(root: string): Promise<Remark | undefined> {
  const file = join(root, 'etc/docker/daemon.json');
  if (!/"init"\s*:\s*true/.test((await readIfThere(file)) ?? '')) return undefined;
  return wrong(
    `${file} sets "init": true, with which no node starts`,
    'Take it out, and restart the container engine.',
  );
}

/** kubelet looks for the disk that its folder is on. */
async function fileSystem(images: string | undefined): Promise<Remark | undefined> {
  const type =
    images === undefined
      ? undefined
      : await statfs(images).then(
          ({ type }) => type,
          () => undefined,
        );
  const name = type === undefined ? undefined : fileSystems[type];
  if (name === undefined) return undefined;
  return doubtful(
    `the container engine keeps its images on ${name}: the node may not find its disk (“failed to get rootfs info”)`,
    'Should that be so, give it the device as an extra mount: --cluster-config, see docs/troubleshooting.md.',
  );
}

/** A program of snap, by its path and what that leads to, sees little of the disk. */
export function fromSnap(file: string, target: string): Remark | undefined {
  if (![file, target].some((path) => path.startsWith('/snap/') || path === '/usr/bin/snap')) return undefined;
  return doubtful(
    `${file} comes from snap, and sees neither /tmp nor what begins with a dot in your home`,
    'Use the packages of Docker, or put both into your home: TMPDIR=~/tmp and --data-dir ~/oscar-sandbox.',
  );
}
