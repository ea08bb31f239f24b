import type { Machine, Share } from '../../model/machine.ts';
import { bytes, millicores } from '../../model/quantity.ts';
import type { Definition } from '../../model/service.ts';
import type { ApiParts } from '../parts.ts';

/** How much of the machine is asked for: thousandths of a core, and bytes. */
export interface Requests {
  cpu: number;
  memory: number;
}

/** What jobs that run and workers that are up have of the machine, together. */
export async function requestsOf({ store, deployments }: ApiParts): Promise<Requests> {
  const condition = await deployments.look();
  const workers = store.services.list().map((service) => shareOf(service.definition, condition(service).instances));
  const jobs = store.invocations
    .unfinished()
    .filter(({ state }) => state === 'Running')
    .map(({ service, serviceVersion }) => store.services.version(service, serviceVersion))
    .map((service) => (service ? shareOf(service.definition, 1) : { cpu: 0, memory: 0 }));
  return [...workers, ...jobs].reduce((sum, { cpu, memory }) => ({ cpu: sum.cpu + cpu, memory: sum.memory + memory }), {
    cpu: 0,
    memory: 0,
  });
}

const shareOf = ({ cpu, memory }: Definition, times: number): Requests => ({
  cpu: millicores(cpu) * times,
  memory: bytes(memory) * times,
});

/** The machine as OSCAR tells of a cluster: it is the one node. All numbers are whole ones. */
export function clusterOf({ name, cpu, memory, gpus }: Machine, requests: Requests): object {
  const free = (share: Share, taken: number) => Math.max(0, share.capacity - taken);
  const cores = { free: free(cpu, cpu.usage), schedulable: free(cpu, requests.cpu) };
  const room = { free: free(memory, memory.usage), schedulable: free(memory, requests.memory) };
  return {
    nodes_count: 1,
    metrics: {
      cpu: {
        total_free_cores: cores.free,
        max_free_on_node_cores: cores.free,
        total_schedulable_cores: cores.schedulable,
        // OSCAR: it is the most on one node, whatever its name.
        total_schedulable_on_node_cores: cores.schedulable,
      },
      memory: {
        total_free_bytes: room.free,
        max_free_on_node_bytes: room.free,
        total_schedulable_bytes: room.schedulable,
        max_schedulable_on_node_bytes: room.schedulable,
      },
      gpu: { total_gpu: gpus },
    },
    nodes: [
      {
        name,
        cpu: withoutZeros({ capacity_cores: cpu.capacity, usage_cores: cpu.usage, request_cores: requests.cpu }),
        memory: withoutZeros({
          capacity_bytes: memory.capacity,
          usage_bytes: memory.usage,
          request_bytes: requests.memory,
        }),
        gpu: gpus,
        is_interlink: false,
        status: 'Ready',
        conditions: [
          { type: 'MemoryPressure', status: room.free < pressure },
          { type: 'Ready', status: true },
        ],
      },
    ],
  };
}

/** Kubernetes: with less memory than that left it starts to end pods. */
const pressure = 100 * 2 ** 20;

const withoutZeros = (numbers: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(numbers).filter(([, number]) => number !== 0));
