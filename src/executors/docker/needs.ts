import type { EngineInfo } from '../../engine/engine.ts';
import { SandboxError } from '../../model/errors.ts';
import { type Definition, isExposed, type Service } from '../../model/service.ts';
import { mountFault } from '../mounts/mounts.ts';
import { type Offer, refusal, sizeOf, unreachable } from '../needs.ts';
import type { Delivery } from './delivery.ts';
import { limitsOf } from './spec.ts';

/** What an engine can give to one task. */
export const offerOf = ({ memory, cpu, gpu }: EngineInfo): Offer => ({
  memory,
  cpu,
  gpus: gpu ? 1 : 0,
  here: 'the container engine',
  executor: 'the docker executor',
});

/** What a container of this service may use. */
export const limitsFor = ({ definition }: Service) => limitsOf({ ...sizeOf(definition), gpu: definition.enable_gpu });

/** The first thing an invocation needs that cannot be had, as a sentence. */
export function refused(service: Service, offer: Offer, delivery: Delivery): string | undefined {
  const { name, mount } = service.definition;
  const fault = mountFault(service.definition);
  if (fault) return fault;
  if (mount.path && delivery === 'copied') {
    return `${name} mounts ${mount.path}, but folders of this machine do not reach the container engine.`;
  }
  return refusal(service, offer);
}

/** Throws the sentence about what cannot be had. */
export function insist(sentence: string | undefined): void {
  if (!sentence) return;
  throw new SandboxError('unavailable', sentence, { hint: 'Ask for less, or run it where there is more.' });
}

/** What a script names that is not there; exposed services have their script in `/oscar/config`. */
function absent(definition: Definition): string | undefined {
  const { script } = definition;
  if (!isExposed(definition)) {
    return /\/oscar\/(bin|config)\b/.test(script) ? '/oscar/bin or /oscar/config, which do not exist here' : undefined;
  }
  return /\/oscar\/bin\b/.test(script) ? '/oscar/bin, which does not exist here' : undefined;
}

/** What is not honoured about a service, a sentence each. */
export function warnings({ definition }: Service, sentence: string | undefined): string[] {
  const missing = absent(definition);
  const said = [
    sentence && `${sentence} Its invocations fail.`,
    definition.image_pull_secrets?.length &&
      'The names under image_pull_secrets mean nothing here: images are pulled with the logins of `docker login`.',
    missing && `Its script names ${missing}.`,
  ];
  return [...said.filter((one): one is string => Boolean(one)), ...unreachable(definition)];
}
