import { SandboxError } from '../model/errors.ts';
import { quantity } from '../model/quantity.ts';
import { type Definition, isExposed, provider, type Service } from '../model/service.ts';
import { reachableKinds } from '../objects/elsewhere.ts';
import type { Size } from './limits/enclosure.ts';

/** What a service asks for in memory and processors. */
export const sizeOf = ({ memory, cpu }: Definition): Size => ({
  memory: Math.floor(quantity(memory)),
  cpu: quantity(cpu),
});

/** Why an exposed service cannot be reached here. */
export const NOT_EXPOSED = 'It is not exposed: the local executor runs no servers.';

/** What a place can give to one task. */
export interface Offer extends Size {
  gpus: number;
  /** What has the memory and the processors: `this machine`. */
  here: string;
  /** What has the rest: `the local executor`. */
  executor: string;
}

/** What the local executor can give on a machine. */
export const localOffer = (machine: Size): Offer => ({
  ...machine,
  gpus: 0,
  here: 'this machine',
  executor: 'the local executor',
});

const MI = 2 ** 20;

/** The first thing an invocation needs that a place cannot give, as a sentence. */
export function refusal({ name, definition }: Service, offer: Offer): string | undefined {
  const { memory, cpu } = sizeOf(definition);
  const { here, executor, gpus } = offer;
  if (memory > offer.memory) {
    return `${name} asks for ${definition.memory} of memory, ${here} has ${Math.floor(offer.memory / MI)}Mi.`;
  }
  if (cpu > offer.cpu) return `${name} asks for ${definition.cpu} processors, ${here} has ${offer.cpu}.`;
  if (definition.enable_gpu && gpus === 0) return `${name} asks for 1 GPU, ${executor} has 0.`;
  if (definition.enable_sgx) return `${name} asks for 1 SGX enclave, ${executor} has 0.`;
  if (definition.interlink_node_name) {
    return `${name} asks for the interLink node ${definition.interlink_node_name}, ${executor} has 0 of them.`;
  }
  if (definition.kserve && Object.keys(definition.kserve).length > 0) {
    return `${name} asks for a KServe model server, ${executor} has 0 of them.`;
  }
  return undefined;
}

/** The storages that nobody here can reach, a sentence each. */
export function unreachable({ output, input }: Definition): string[] {
  const all = [...input, ...output].map(({ storage_provider }) => provider(storage_provider));
  const names = all.filter(({ type }) => !reachableKinds.includes(type)).map(({ type, id }) => `${type}.${id}`);
  return [...new Set(names)].map((name) => `The storage ${name} cannot be reached: files from or for it fail.`);
}

/** What the local executor does not honour about a service, a sentence each. */
export function warnings(service: Service, offer: Offer): string[] {
  const { definition } = service;
  const refused = refusal(service, offer);
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

/** Throws the sentence about what the place cannot give. */
export function insist(service: Service, offer: Offer): void {
  const sentence = refusal(service, offer);
  if (!sentence) return;
  throw new SandboxError('unavailable', sentence, { hint: 'Ask for less, or run it where there is more.' });
}
