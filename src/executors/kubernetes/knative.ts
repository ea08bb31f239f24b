import type { Manifest } from '../../engine/cluster.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Service } from '../../model/service.ts';
import { fingerprintOf } from './labels.ts';
import { stateOf } from './podstate.ts';
import type { Scene } from './scene.ts';

/** How a Knative Service is, as Knative says. */
export type Standing = { is: 'ready' } | { is: 'pending' | 'failed'; reason?: string };

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
}

/** What Knative says of its newest definition. */
export function standingOf({ metadata, status }: Manifest): Standing {
  const { observedGeneration, conditions = [] } = (status ?? {}) as {
    observedGeneration?: number;
    conditions?: Condition[];
  };
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (!ready || observedGeneration !== metadata.generation) return { is: 'pending' };
  if (ready.status === 'True') return { is: 'ready' };
  // Its route was looked at before its configuration was there: that follows.
  if (ready.reason === 'ConfigurationMissing') return { is: 'pending' };
  const said = ready.message ?? ready.reason;
  return { is: ready.status === 'False' ? 'failed' : 'pending', ...(said ? { reason: said } : {}) };
}

/** What keeps the pods of this version from running. */
export function troubleOf(scene: Scene, service: Service): { reason: string; error?: SandboxError } | undefined {
  const pods = scene.podsOfService(service.name);
  for (const pod of pods.filter(({ metadata }) => fingerprintOf(metadata.labels) === service.fingerprint)) {
    const state = stateOf(pod, service.definition.image);
    if (state.at === 'refused') return { reason: state.error.message, error: state.error };
    if (state.at === 'waiting' && state.reason) return { reason: state.reason };
  }
  return undefined;
}

export interface Awaiting {
  scene: Scene;
  service: Service;
  /** As it was applied. */
  applied: Manifest;
  onProgress(line: string): void;
  signal: AbortSignal;
}

/** Waits until a service takes calls; throws why it will not. */
export async function untilReady({ scene, service, applied, onProgress, signal }: Awaiting): Promise<void> {
  let [said, seen]: [string | undefined, boolean] = [undefined, false];
  await scene.until(() => {
    const now = scene.find('services', service.name);
    if (!now && seen) throw notReady(service, 'It was removed from the cluster.');
    seen = now !== undefined;
    if (!now || Number(now.metadata.generation) < Number(applied.metadata.generation)) return undefined;
    const standing = standingOf(now);
    if (standing.is === 'ready') return true;
    const trouble = troubleOf(scene, service);
    if (trouble?.error) throw trouble.error;
    if (standing.is === 'failed') throw notReady(service, trouble?.reason ?? standing.reason);
    if (trouble && trouble.reason !== said) onProgress(trouble.reason);
    said = trouble?.reason ?? said;
    return undefined;
  }, signal);
}

const notReady = ({ name }: Service, reason = 'Knative does not say why.'): SandboxError =>
  new SandboxError('unavailable', `${name} does not take calls: ${/[.!?]$/.test(reason) ? reason : `${reason}.`}`);
