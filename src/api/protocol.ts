import type { ErrorCode } from '../model/errors.ts';

export interface ErrorAnswer {
  /** HTTP. */
  status: number;
  /** Of the command line. */
  exit: number;
}

/** What each error code means to a client: server, client and command line all read this table. */
export const answers = {
  invalid: { status: 400, exit: 2 },
  unauthorized: { status: 401, exit: 5 },
  forbidden: { status: 403, exit: 5 },
  'not-found': { status: 404, exit: 4 },
  conflict: { status: 409, exit: 6 },
  // OSCAR: what Kubernetes or MinIO refuses is a 500 with their sentence.
  rejected: { status: 500, exit: 2 },
  'not-running': { status: 503, exit: 3 },
  failed: { status: 500, exit: 1 },
  timeout: { status: 504, exit: 8 },
  unavailable: { status: 502, exit: 7 },
  internal: { status: 500, exit: 70 },
} satisfies Record<ErrorCode, ErrorAnswer>;

/** What a running sandbox tells about itself: `up --wait --json`, `status --json`, `GET /sandbox/status`. */
export interface Status {
  api: string;
  s3: string;
  dashboard: string;
  user: string;
  password: string;
  accessKey: string;
  secretKey: string;
  executor: string;
  /** Why this executor, one sentence. */
  executorDetail: string;
  dataDir: string;
  pid: number;
  version: string;
  /** Where browsers see exposed services. */
  exposed: string;
  /** Who keeps the objects: this program, a MinIO in a container of its own, or one that is somewhere already. */
  objects: 'embedded' | 'minio' | 'endpoint';
  /** The issuer of `--oidc-dev`, and the users whom it knows. */
  oidc?: { issuer: string; users: { name: string; uid: string; password: string; groups: string[] }[] };
  /** The file by which other tools reach the cluster that services run in. */
  kubeconfig?: string;
  /** The watched folder, if there is one. */
  folder?: string;
  services: number;
  jobs: { Pending: number; Running: number; Succeeded: number; Failed: number };
}

/** One line of the live stream (`events`, `up` in the foreground, `GET /sandbox/events`). */
export interface Happening {
  /** Milliseconds since 1970. */
  at: number;
  kind:
    | 'cluster-progress'
    | 'service-declared'
    | 'service-progress'
    | 'service-ready'
    | 'service-stopped'
    | 'service-failed'
    | 'service-removed'
    | 'file-refused'
    | 'file-warning'
    | 'object-created'
    | 'object-removed'
    | 'job-queued'
    | 'invocation-started'
    | 'invocation-finished';
  service?: string;
  invocation?: string;
  /** A sentence for people. */
  text: string;
  /** State, duration in ms, exit code, bucket and key, file position: what the kind has. */
  details?: Record<string, string | number>;
}

/** An invocation as `GET /sandbox/invocations` tells it; times in RFC 3339. */
export interface InvocationView {
  id: string;
  service: string;
  serviceVersion: number;
  kind: 'run' | 'job';
  state: string;
  attempt: number;
  eventId?: string;
  object?: string;
  replayOf?: string;
  exitCode?: number;
  reason?: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
}

/** The OSCAR whose API this is; clients choose by it what they send. */
export const oscarVersion = 'v4.1.2';

/** Headers in which the API says more than OSCAR does. */
export const header = {
  job: 'X-Oscar-Sandbox-Job',
  invocation: 'X-Oscar-Sandbox-Invocation',
  answer: 'X-Oscar-Sandbox-Answer',
  hint: 'X-Oscar-Sandbox-Hint',
} as const;
