import type { Marks } from '../labels.ts';

/** Where a pod finds the supervisor and the watchdog. */
export type Programs =
  /** In a folder of its node. */
  | { from: 'node'; path: string }
  /** On a volume that is there already: OSCAR's own is `oscar-pvc`. */
  | { from: 'claim'; name: string }
  /** In an image, whose command copies them into the folder `to`. */
  | { from: 'image'; image: string; command: string[]; to: string; variables: Record<string, string> };

/** What all objects in a cluster have in common. */
export interface Settings {
  namespace: string;
  marks: Marks;
  programs: Programs;
  /** The platform's own store, as pods reach it. */
  store: { endpoint: string; region: string; verify: boolean };
  /** The Secret that holds the store's keys. */
  storeSecret: string;
  /** A user's own keys of it, which the pods of their services get; without them it is that Secret. */
  keysOf?: (uid: string) => { accessKey: string; secretKey: string } | undefined;
  pull: 'IfNotPresent' | 'Always';
  volumes: { storageClass?: string; accessMode: 'ReadWriteOnce' | 'ReadWriteMany' };
  /** How long a job stays in the cluster once it has ended. */
  jobTtlSeconds: number;
  /** After how long Knative ends a call; Knative's own limit for this is 600. */
  callTimeoutSeconds: number;
}

/** Where a pod sees what; OSCAR's places but for the last one. */
export const places = {
  config: '/oscar/config',
  programs: '/oscar/bin',
  providers: '/var/run/secrets/providers',
  /** An event that is too large for a variable. */
  event: '/oscar/event',
} as const;

/** The one container in which everything of a service runs. */
export const containerName = 'oscar-container';
