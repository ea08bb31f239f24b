import type { Manifest } from '../../../engine/cluster.ts';
import type { Engine } from '../../../engine/engine.ts';
import type { Log } from '../../../log.ts';
import type { Settings } from './fitted.ts';
import type { Materials } from './materials.ts';
import type { Refusal } from './refusals.ts';
import type { Progress } from './steps.ts';

/** What the provisioner of a cluster is handed. */
export interface ClusterOptions {
  engine: Engine;
  environment: Record<string, string>;
  home: string;
  /** The data folder's: the cluster is named by it. */
  id: string;
  /** Its own folder: what MinIO keeps lies in it. */
  folder: string;
  materials: Materials;
  /** The image of the node, or an archive that holds it. */
  nodeImage: { name: string } | { archive: string };
  /** What is added to the configuration of the cluster: by the parts, by the user. */
  patches: { from: string; text: string }[];
  templates: ClusterTemplates;
  /** The documents of a text of YAML. */
  parse(text: string): unknown[];
  /** Where MinIO is reached; another port is taken when this one is not free, unless it was asked for. */
  s3: { host: string; port: number; explicit?: boolean };
  /** A registry beside the cluster, on this port of 127.0.0.1. */
  registry?: { image: string; port: number };
  /** Whose the files of this folder are, where the engine shares them. */
  owner?: { uid: number; gid: number };
  /** Why this machine is too small, if it is; asked before a cluster is made. */
  room(): Promise<Refusal | undefined>;
  onProgress(progress: Progress): void;
  now(): number;
  log: Log;
}

/** Manifests and settings of our own. */
export interface ClusterTemplates {
  settings: Settings;
  minio: Manifest[];
  oscar: Manifest[];
}

/** Ports in the node, among the first 86, of which Kubernetes gives none to a Service that asks for any. Source: its static range. */
export const nodePorts = { gateway: 30080, s3: 30081 } as const;

/** Where things are in the node. */
export const inNodeAt = {
  programs: '/oscar/bin',
  data: '/oscar-sandbox/minio',
  events: '/oscar-sandbox/events',
  registries: '/etc/containerd/certs.d',
} as const;

/** What a service answers to, below its name and namespace. */
export const domain = 'knative.local';
