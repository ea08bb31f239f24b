import { quantity } from '../../../model/quantity.ts';
import type { Definition } from '../../../model/service.ts';

/** What a pod is sure to get: little, or few services would fit on a laptop; the limits are what they may take. */
const least = { cpu: '10m', memory: '32Mi' };

const atMost = (wanted: string, limit: string): string => (quantity(limit) < quantity(wanted) ? limit : wanted);

/** What a container may use, and what is kept free for it. */
export function resourcesOf(definition: Definition): Record<'limits' | 'requests', Record<string, string>> {
  const { cpu, memory, enable_gpu, enable_sgx, ephemeral_storage_request: ephemeral } = definition;
  return {
    limits: {
      cpu,
      memory,
      // OSCAR: one of them, whatever the service wants.
      ...(enable_gpu ? { 'nvidia.com/gpu': '1' } : {}),
      ...(enable_sgx ? { 'sgx.intel.com/enclave': '1' } : {}),
    },
    requests: {
      cpu: atMost(least.cpu, cpu),
      memory: atMost(least.memory, memory),
      ...(ephemeral ? { 'ephemeral-storage': ephemeral } : {}),
    },
  };
}
