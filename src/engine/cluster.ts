import type { Agent } from 'node:http';

/** An object as the API server takes and gives it. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  [key: string]: unknown;
}

export interface Metadata {
  name: string;
  namespace?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  /** Given by the server: another one when an object was deleted and made anew. */
  uid?: string;
  resourceVersion?: string;
  [key: string]: unknown;
}

/** One object by its name; without a namespace that of the context, where its kind has one. */
export interface Ref {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
}

/** Objects of one kind, those that carry all labels; in all namespaces when none is named. */
export interface Where {
  apiVersion: string;
  kind: string;
  namespace?: string;
  labels?: Record<string, string>;
  /** As the server takes it: `metadata.name=web`. */
  fields?: string;
}

/** Something became different; of what is gone, the last that was known of it. */
export interface Change {
  kind: 'added' | 'changed' | 'gone';
  object: Manifest;
}

export interface Watcher {
  change(change: Change): void;
  /** After each listing: everything that was there has been told. */
  synced(): void;
}

export interface ContainerRef {
  name: string;
  namespace: string;
  container: string;
}

export interface ClusterInfo {
  /** Of Kubernetes: `v1.34.3`. */
  version: string;
  address: string;
  context?: string;
  /** The one that is meant when none is named. */
  namespace: string;
}

/** Where a Service answers, and what a client has to bring to get there. */
export interface Way {
  /** Ends with a slash. */
  url: string;
  headers: Record<string, string>;
  agent: Agent;
}

/** A Kubernetes cluster, through its API server alone. */
export interface Cluster {
  info: ClusterInfo;
  /** Makes the object be as given, taking over from whoever set it otherwise; a field that its kind does not have is refused. */
  apply(object: Manifest): Promise<Manifest>;
  /** Throws `conflict` when there is one of this name. */
  create(object: Manifest): Promise<Manifest>;
  get(ref: Ref): Promise<Manifest | undefined>;
  list(where: Where): Promise<Manifest[]>;
  /** Begins the removal of an object, and of what belongs to it; one that is gone already is no error. */
  remove(ref: Ref): Promise<void>;
  /** Tells what is there, and then every change, in order, through every break until the signal. */
  watch(where: Where, on: Watcher, signal: AbortSignal): Promise<void>;
  /**
   * Hands on the lines of a container from its start until it is over or the signal comes, with the milliseconds since
   * 1970 at which each was said; none twice after a break.
   */
  logs(container: ContainerRef, onLine: (line: string, at?: number) => void, signal: AbortSignal): Promise<void>;
  /**
   * The way to a port of a Service, for HTTP and upgrades. The server keeps `Authorization` to itself, and puts the way
   * in front of absolute paths in HTML and in `Location`.
   */
  proxied(service: { name: string; namespace: string; port: number }): Way;
  /** Closes connections that are kept open. */
  close(): void;
}
