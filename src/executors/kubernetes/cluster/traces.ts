import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readKept, writeKept } from './kept.ts';
import { changed, type KernelSettings, pairsOf, readKernel, writeKernel } from './kernel.ts';
import type { Tools } from './tools.ts';

/** What a cluster leaves on a machine when it goes, and what was there before. */
export interface Traces {
  /** Before there is a cluster; what is remembered already stays. */
  remember(tools: Tools): Promise<void>;
  /** Settings are put back as long as the node runs. Answers what the user has to do if that could not be done. */
  restore(node: { tools: Tools; name: string } | undefined): Promise<string | undefined>;
  /** When the cluster is gone: its network, if it came with it and nobody else uses it. */
  forget(tools: Tools): Promise<void>;
}

interface Before {
  kernel: KernelSettings;
  hadNetwork: boolean;
}

/** The traces of one cluster, remembered in its folder. */
export function createTraces(folder: string, network: string, root = '/proc/sys'): Traces {
  const file = join(folder, 'before.json');
  const before = () => readKept<Before>(file);
  return {
    remember: async (tools) => {
      if (await before()) return;
      const { ok: hadNetwork } = await tools.engine(['network', 'inspect', network]);
      await writeKept(file, { kernel: await readKernel(root), hadNetwork } satisfies Before);
    },
    restore: async (node) => {
      const { kernel = {} } = (await before()) ?? {};
      const back = changed(kernel, await readKernel(root));
      if (await writeKernel(root, back, node)) return undefined;
      return `The cluster has changed settings of this machine; to put them back: sudo sysctl -w ${pairsOf(back).join(' ')}`;
    },
    forget: async (tools) => {
      // One that is in use is not removed by the engine.
      if ((await before())?.hadNetwork === false) await tools.engine(['network', 'rm', network]);
      await rm(file, { force: true });
    },
  };
}
