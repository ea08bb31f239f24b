import { SandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import { type Offer, refusal } from '../needs.ts';
import { leftOut } from './manifests/environment.ts';
import { reservedNames } from './manifests/knative.ts';
import { mountFault } from './manifests/mount.ts';
import type { Settings } from './manifests/settings.ts';

/** What a cluster can give to one task, of which only its size is known. */
export const clusterOffer = (size: Pick<Offer, 'memory' | 'cpu' | 'gpus'>): Offer => ({
  ...size,
  here: 'the cluster',
  executor: 'the cluster',
});

/** The scheduler tells what cannot be given, once it knows. */
const unknown = clusterOffer({
  memory: Number.POSITIVE_INFINITY,
  cpu: Number.POSITIVE_INFINITY,
  gpus: Number.POSITIVE_INFINITY,
});

/** The first thing an invocation needs that cannot be had, as a sentence. */
export function refused(service: Service, settings: Settings, offer: Offer = unknown): string | undefined {
  // An enclave is asked of the cluster, as on OSCAR.
  const asked = { ...service, definition: { ...service.definition, enable_sgx: false } };
  return mountFault(service, settings) ?? refusal(asked, offer);
}

/** Throws the sentence about what cannot be had. */
export function insist(sentence: string | undefined): void {
  if (!sentence) return;
  throw new SandboxError('unavailable', sentence, { hint: 'Ask for less, or run it where there is more.' });
}

/** What is not honoured about a service, a sentence each. */
export function warnings(service: Service, sentence: string | undefined): string[] {
  const reserved = reservedNames(service).map((name) => `The variable ${name} is left out of calls: Knative sets it.`);
  return [...(sentence ? [`${sentence} Its invocations fail.`] : []), ...leftOut(service), ...reserved];
}
