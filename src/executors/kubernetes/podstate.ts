import type { Manifest } from '../../engine/cluster.ts';
import { refusal } from '../../engine/refusals.ts';
import { SandboxError } from '../../model/errors.ts';
import { containerName } from './manifests/settings.ts';

/** How a container ended, as its node tells. */
export interface PodEnd {
  exitCode: number;
  outOfMemory: boolean;
  /** Its node did not see it: it was off. */
  unseen: boolean;
  /** What it left for Kubernetes to tell. */
  message: string;
}

/** What can be told of a pod. */
export type PodState =
  /** With a reason if it takes more than a moment. */
  | { at: 'waiting'; reason?: string }
  /** It will not come to run by itself. */
  | { at: 'refused'; error: SandboxError }
  | { at: 'running' }
  | { at: 'ended'; end: PodEnd }
  /** Its end was not seen by its node: why, a sentence. */
  | { at: 'lost'; why: string };

interface Terminated {
  exitCode: number;
  reason?: string;
  message?: string;
}

interface ContainerStatus {
  name: string;
  image?: string;
  ready?: boolean;
  restartCount?: number;
  state?: { waiting?: { reason?: string; message?: string }; running?: object; terminated?: Terminated };
  lastState?: { terminated?: Terminated };
}

interface Status {
  phase?: string;
  reason?: string;
  message?: string;
  conditions?: { type: string; status: string; reason?: string; message?: string }[];
  containerStatuses?: ContainerStatus[];
  initContainerStatuses?: ContainerStatus[];
}

const statusOf = (pod: Manifest): Status => (pod.status ?? {}) as Status;

const container = (pod: Manifest): ContainerStatus | undefined =>
  statusOf(pod).containerStatuses?.find(({ name }) => name === containerName);

/** The reasons of a node that found a container ended when it was on again. */
const unseen = ['Unknown', 'ContainerStatusUnknown'];

const ending = ({ exitCode, reason = '', message = '' }: Terminated): PodEnd => ({
  exitCode,
  outOfMemory: reason === 'OOMKilled',
  unseen: unseen.includes(reason),
  message,
});

const noImage = [
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
];
const noContainer = [
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'CreatePodSandboxError',
];

/** Why an image is not there, told as everywhere; logins are the cluster's here. */
function imageError(image: string, said: string): SandboxError {
  const error = refusal({
    reference: image,
    said: said || 'the cluster does not say why',
    cause: undefined,
    trouble: undefined,
  });
  const hints: Partial<Record<SandboxError['code'], string>> = {
    forbidden: 'Check its name, or name a Secret with a login for it under image_pull_secrets.',
    'not-found':
      'Check its name and tag; an image that is built here must be loaded into the cluster under this very name.',
  };
  const hint = hints[error.code] ?? error.hint;
  return new SandboxError(error.code, error.message, hint ? { hint } : {});
}

const sentence = (words: string): string => (/[.!?]$/.test(words.trim()) ? words.trim() : `${words.trim()}.`);

/** Why a container of a pod is not begun; the image is as the service names it. */
function refusedBy({ state }: ContainerStatus, image: string): SandboxError | undefined {
  const { reason = '', message = '' } = state?.waiting ?? {};
  if (noImage.includes(reason)) return imageError(image, message);
  if (!noContainer.includes(reason)) return undefined;
  return new SandboxError('unavailable', sentence(`Its container cannot be started: ${message || reason}`), {
    hint: 'Look whether its image can run: /bin/sh -c true.',
  });
}

/** What the scheduler says of a pod that has no node. */
function unscheduled(pod: Manifest): string | undefined {
  const found = statusOf(pod).conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return found && sentence(found.message ?? found.reason ?? 'It has no node yet');
}

/** What a pod of a service is at; `image` is the service's. */
export function stateOf(pod: Manifest, image: string): PodState {
  const { phase, reason, message, initContainerStatuses = [], containerStatuses = [] } = statusOf(pod);
  const own = container(pod);
  if (own?.state?.terminated) return { at: 'ended', end: ending(own.state.terminated) };
  if (phase === 'Failed' || phase === 'Succeeded') {
    return { at: 'lost', why: sentence(`Its pod was ended: ${message ?? reason ?? 'the cluster does not say why'}`) };
  }
  if (own?.state?.running) return { at: 'running' };
  for (const one of [...initContainerStatuses, ...containerStatuses]) {
    const error = refusedBy(one, one.name === containerName ? image : (one.image ?? image));
    if (error) return { at: 'refused', error };
  }
  const why = unscheduled(pod) ?? crashing(own);
  return { at: 'waiting', ...(why ? { reason: why } : {}) };
}

/** A server that ends is begun again, each time a little later. */
function crashing(own: ContainerStatus | undefined): string | undefined {
  const last = own?.lastState?.terminated;
  if (!last || own?.state?.waiting?.reason !== 'CrashLoopBackOff') return undefined;
  if (last.reason === 'OOMKilled') return 'Its container ended again and again: it was out of memory.';
  return `Its container ended again and again, the last time with exit code ${last.exitCode}.`;
}

/** Does it take calls? */
export const isUp = (pod: Manifest): boolean =>
  !pod.metadata.deletionTimestamp && (container(pod)?.ready ?? false) && container(pod)?.state?.running !== undefined;

/** Has its container begun, whether or not it has ended since? */
export const hasBegun = (pod: Manifest): boolean =>
  container(pod)?.state?.running !== undefined || container(pod)?.state?.terminated !== undefined;

/** Has its container ended, and was not begun anew? */
export const isDown = (pod: Manifest): boolean =>
  container(pod)?.state?.terminated !== undefined || ['Succeeded', 'Failed'].includes(statusOf(pod).phase ?? '');

/** How often its container was begun anew. */
export const restartsOf = (pod: Manifest): number => container(pod)?.restartCount ?? 0;

/** How its container ended last. */
export const lastEnd = (pod: Manifest): PodEnd | undefined => {
  const { state, lastState } = container(pod) ?? {};
  const last = state?.terminated ?? lastState?.terminated;
  return last && ending(last);
};
