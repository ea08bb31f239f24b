import type { Machine } from '../model/machine.ts';
import { bytes, millicores } from '../model/quantity.ts';
import type { Definition } from '../model/service.ts';

/** What of a cluster's status says how busy it is: thousandths of a core, and bytes. */
export interface Room {
  cpu: { free: number; most: number; total: number };
  memory: { free: number; most: number; total: number };
}

interface Told {
  cluster?: {
    metrics?: { cpu?: Record<string, unknown>; memory?: Record<string, unknown> };
    nodes?: { cpu?: Record<string, unknown>; memory?: Record<string, unknown> }[] | null;
  };
}

/** The room in what `GET /system/status` answered; nothing when it is none. */
export function roomIn(text: string): Room | undefined {
  try {
    const { cluster } = JSON.parse(text) as Told;
    const { cpu, memory } = cluster?.metrics ?? {};
    const nodes = cluster?.nodes ?? [];
    const sum = (of: 'cpu' | 'memory', key: string) =>
      nodes.reduce((total, node) => total + number(node[of]?.[key]), 0);
    if (!cpu || !memory) return undefined;
    return {
      cpu: {
        free: number(cpu.total_free_cores),
        most: number(cpu.max_free_on_node_cores),
        total: sum('cpu', 'capacity_cores'),
      },
      memory: {
        free: number(memory.total_free_bytes),
        most: number(memory.max_free_on_node_bytes),
        total: sum('memory', 'capacity_bytes'),
      },
    };
  } catch {
    // Whoever answers so is no OSCAR.
    return undefined;
  }
}

const number = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

/** OSCAR: 0 is an idle cluster, 100 one without anything free. */
export function loadOf({ cpu, memory }: Room): number {
  const share = ({ free, total }: Room['cpu']) => (total > 0 ? Math.min(1, free / total) : 0);
  return 100 - 100 * Math.sqrt(share(cpu) * share(memory));
}

/** Has one of its nodes more free than the service asks for? */
export const fits = (definition: Definition, { cpu, memory }: Room): boolean =>
  cpu.most > millicores(definition.cpu) && memory.most > bytes(definition.memory);

/** Does a service ask for more than there is on a machine, however idle it is? */
export const exceeds = (definition: Definition, { cpu, memory, gpus }: Machine): boolean =>
  millicores(definition.cpu) > cpu.capacity ||
  bytes(definition.memory) > memory.capacity ||
  (definition.enable_gpu && gpus === 0);
