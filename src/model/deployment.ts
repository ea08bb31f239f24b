export type DeploymentState = 'pending' | 'ready' | 'degraded' | 'failed' | 'stopped' | 'unavailable';

/** What was printed, and when, in milliseconds since 1970; where that is not known, it is left out. */
export interface Line {
  at?: number;
  text: string;
}

/** What is observed to run for one service. */
export interface Deployment {
  service: string;
  fingerprint: string;
  state: DeploymentState;
  /** Workers that are up, or coming up. */
  instances: number;
  /** Those of them that do not do as they should; none, unless told. */
  affected?: number;
  reason?: string;
  /** The newest lines of its workers, oldest first. */
  lines: Line[];
  /** Where the instances of an exposed service answer, those that are ready: `http://127.0.0.1:32768`. */
  addresses?: string[];
  /** What `standingOf` said of the service as it was deployed; nothing where no servers run. */
  standing?: string;
}

/** How a declared service is doing: what is observed of it, and what keeps it from being as it was declared. */
export interface Condition extends Pick<Deployment, 'state' | 'reason' | 'instances' | 'lines'> {
  affected: number;
  /** When it came to be in this state, in milliseconds since 1970. */
  since: number;
}
