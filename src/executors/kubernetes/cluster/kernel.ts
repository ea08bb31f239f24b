import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inNode } from './node.ts';
import type { Tools } from './tools.ts';

/** What kubelet sets for the whole machine. */
const names = ['vm.overcommit_memory', 'kernel.panic', 'kernel.panic_on_oops'] as const;

/** Settings of the kernel, by name. */
export type KernelSettings = Record<string, string>;

/** The settings that a cluster changes, as they are; those that cannot be read are left out. `root` is /proc/sys. */
export async function readKernel(root: string): Promise<KernelSettings> {
  const all: KernelSettings = {};
  for (const name of names) {
    const value = await readFile(fileOf(root, name), 'utf8').catch(() => undefined);
    if (value !== undefined) all[name] = value.trim();
  }
  return all;
}

/** Those that became different, to what they were. */
export const changed = (before: KernelSettings, now: KernelSettings): KernelSettings =>
  Object.fromEntries(Object.entries(before).filter(([name, value]) => now[name] !== value));

/** Puts them back: by the node, which may, else by ourselves. False when neither could. */
export async function writeKernel(
  root: string,
  settings: KernelSettings,
  node: { tools: Tools; name: string } | undefined,
): Promise<boolean> {
  if (Object.keys(settings).length === 0 || (node && (await byNode(node, pairsOf(settings))))) return true;
  try {
    for (const [name, value] of Object.entries(settings)) await writeFile(fileOf(root, name), value);
    return true;
  } catch {
    // Root alone may.
    return false;
  }
}

/** As `sysctl -w` takes them. */
export const pairsOf = (settings: KernelSettings): string[] =>
  Object.entries(settings).map(([name, value]) => `${name}=${value}`);

const fileOf = (root: string, name: string): string => join(root, name.replaceAll('.', '/'));

// kubelet would set them again.
const byNode = async ({ tools, name }: { tools: Tools; name: string }, pairs: string[]): Promise<boolean> =>
  (await inNode(tools, name, ['sh', '-c', 'systemctl stop kubelet; exec sysctl -w "$@"', 'sh', ...pairs])) !==
  undefined;
