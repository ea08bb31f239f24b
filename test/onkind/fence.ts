import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import { docker } from '../docker.ts';
import { required } from '../release.ts';

/** Only root can tell the kernel which packets to let through. */
export const canFence = required || process.getuid?.() === 0;
if (!canFence) console.warn('Skipped: without root, nobody counts the packets that leave a cluster.');

/** What keeps the packets of a cluster on this machine, and counts those that would have left it, but for names asked for. */
export interface Fence {
  packets(): number;
  remove(): void;
}

const network = 'kind';
const mark = 'oscar-sandbox-test';

const iptables = (...args: string[]): string => execFileSync('iptables', ['--wait', ...args], { encoding: 'utf8' });

/** Puts rules before all others as soon as the node of a data folder's cluster has its address: its system boots still. */
export async function fence(dataDir: string): Promise<Fence> {
  const looked = { timeout: 120_000, interval: 50 };
  const address = await vi.waitFor(() => {
    const node = `oscar-sandbox-${readFileSync(join(dataDir, 'id'), 'utf8').trim()}-control-plane`;
    const told = docker('inspect', '--format', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, node);
    if (!/^[\d.]+$/.test(told)) throw new Error(`The node has no address yet: ${told}`);
    return told;
  }, looked);
  const id = docker('network', 'inspect', '--format', '{{.Id}}', network);
  const from = ['DOCKER-USER', '-s', address, '!', '-o', `br-${id.slice(0, 12)}`];
  // CoreDNS asks the name server of the machine for a name of its own, to see whether that is itself.
  const question = [...from, '-p', 'udp', '--dport', '53', '-j', 'REJECT'];
  const rule = [...from, '-m', 'comment', '--comment', mark, '-j', 'REJECT'];
  iptables('-I', ...rule);
  iptables('-I', ...question);
  let there = true;
  return {
    packets: () => {
      const line =
        iptables('-nvxL', 'DOCKER-USER')
          .split('\n')
          .find((one) => one.includes(mark)) ?? '';
      return Number(line.trim().split(/\s+/)[0]);
    },
    remove: () => {
      for (const one of there ? [question, rule] : []) iptables('-D', ...one);
      there = false;
    },
  };
}
