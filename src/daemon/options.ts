import type { Happening } from '../api/protocol.ts';
import type { ObjectsChoice } from '../objects/store.ts';
import type { Port } from './ports.ts';

/** What the user decides about a cluster that is made here. */
export interface KindWishes {
  /** A folder with all that it is made of. */
  parts?: string;
  /** Of its node. */
  image?: string;
  /** A file that is added to its configuration. */
  config?: string;
  /** The port of a registry beside it. */
  registryPort?: number;
}

/** What the user decides about a cluster that is there already. */
export interface KubernetesWishes {
  /** The file that tells of it. */
  file?: string;
  context?: string;
  namespace?: string;
  /** The image that supervisor and watchdog are copied from. */
  supervisor?: string;
}

/** What the user decides about who may come besides the administrator. */
export interface OidcWishes {
  /** URLs of those who say who somebody is. */
  issuers: string[];
  /** Groups of which a user must be in one; empty is anyone whom an issuer knows. */
  groups: string[];
  /** Uids of users who may read the log of the API. */
  admins: string[];
  /** With an issuer of our own, and users to try things with. */
  dev: boolean;
}

/** What the user decides about a daemon. */
export interface DaemonOptions {
  dataDir: string;
  /** Where the program may unpack parts of itself, the preferred folder first. */
  cacheFolders: string[];
  /** The folder of FDL files to serve and watch. */
  folder?: string;
  /** The executor that was asked for. */
  executor: 'auto' | 'local' | 'docker' | 'kind' | 'kubernetes';
  /** Take no other when that one cannot be had. */
  noFallback: boolean;
  pull: 'always' | 'missing' | 'never';
  /** `auto` is what goes with the executor. */
  objects: ObjectsChoice | { kind: 'auto' };
  /** What `kind` makes a cluster of. */
  kind: KindWishes;
  /** The cluster of `kubernetes`. */
  kubernetes: KubernetesWishes;
  /** The address to bind to, 127.0.0.1 unless told otherwise. */
  host: string;
  port: Port;
  s3Port: Port;
  exposedPort: Port;
  /** Further names under which clients may reach us (`--allow-host`). */
  allowHosts: string[];
  oidc: OidcWishes;
  /** How many jobs may run at once, in all and of one service. */
  concurrency: number;
  serviceConcurrency: number;
  /** Which jobs go to the members of their services: those that find no place here, those that wait for too long. */
  delegates: { atOnce: boolean; late: boolean };
  /** Seconds after which a synchronous call, and a job, is ended; 0 is never. */
  runTimeout: number;
  jobTimeout: number;
  /** How many finished invocations are kept per service, and for how many days. */
  keepInvocations: number;
  keepDays: number;
  /** How many bytes of overwritten or deleted objects are kept for replay. */
  keepBytes: number;
  /** The longest log of one invocation, in bytes. */
  keepLogBytes: number;
  /** The environment that services on this machine may see: PATH, HOME, LANG, TMPDIR, USER. */
  shellEnvironment: Record<string, string>;
  /** What tells where a container engine or a cluster is, and how to get there: DOCKER_*, KUBECONFIG, HOME, PATH, proxies. */
  engineEnvironment: Record<string, string>;
  version: string;
  onHappening?: (happening: Happening) => void;
}
