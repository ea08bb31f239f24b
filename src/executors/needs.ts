import { SandboxError } from '../model/errors.ts';
import { quantity } from '../model/quantity.ts';
import { type Definition, isExposed, provider, type Service } from '../model/service.ts';
import type { Size } from './limits/enclosure.ts';

/** What a service asks for in memory and processors. */
export const sizeOf = ({ memory, cpu }: Definition): Size => ({
  memory: Math.floor(quantity(memory)),
  cpu: quantity(cpu),
});

/** Why an exposed service cannot be reached here. */
export const NOT_EXPOSED = 'It is not exposed: the local executor runs no servers.';

const MI = 2 ** 20;

/** The first thing an invocation needs that the machine cannot give, as a sentence. */
export function refusal({ name, definition }: Service, machine: Size): string | undefined {
  const { memory, cpu } = sizeOf(definition);
  if (memory > machine.memory) {
    return `${name} asks for ${definition.memory} of memory, this machine has ${Math.floor(machine.memory / MI)}Mi.`;
  }
  if (cpu > machine.cpu) return `${name} asks for ${definition.cpu} processors, this machine has ${machine.cpu}.`;
  if (definition.enable_gpu) return `${name} asks for 1 GPU, the local executor has 0.`;
  if (definition.enable_sgx) return `${name} asks for 1 SGX enclave, the local executor has 0.`;
  if (definition.interlink_node_name) {
    return `${name} asks for the interLink node ${definition.interlink_node_name}, the local executor has 0 of them.`;
  }
  if (definition.kserve && Object.keys(definition.kserve).length > 0) {
    return `${name} asks for a KServe model server, the local executor has 0 of them.`;
  }
  return undefined;
}

function unreachable({ output, input }: Definition): string[] {
  const foreign = [...input, ...output].map(({ storage_provider }) => provider(storage_provider));
  const names = foreign.map(({ type, id }) => `${type}.${id}`).filter((name) => name !== 'minio.default');
  return [...new Set(names)].map((name) => `The storage ${name} cannot be reached: files from or for it fail.`);
}

/** What the local executor does not honour about a service, a sentence each. */
export function warnings(service: Service, machine: Size): string[] {
  const { definition } = service;
  const refused = refusal(service, machine);
  const said = [
    `It runs on this machine: the image ${definition.image} is not used.`,
    refused && `${refused} Its invocations fail.`,
    definition.mount.path && `The mount ${definition.mount.path} is not made: the local executor has no mounts.`,
    definition.volume && 'The volume is not made: the local executor has no volumes.',
    isExposed(definition) && NOT_EXPOSED,
    definition.script.includes('/oscar/') && 'Its script names /oscar/…, which does not exist on this machine.',
  ];
  return [...said.filter((sentence): sentence is string => Boolean(sentence)), ...unreachable(definition)];
}

/** Throws the sentence about what the machine cannot give. */
export function insist(service: Service, machine: Size): void {
  const sentence = refusal(service, machine);
  if (!sentence) return;
  throw new SandboxError('unavailable', sentence, { hint: 'Ask for less, or run it where there is more.' });
}
