/** How long things take and how often they are looked at, in milliseconds. */
export interface Times {
  /** Between two looks at an instance that is not ready, and at one that is. */
  startingMs: number;
  readyMs: number;
  /** How long an answer may take. */
  answerMs: number;
  /** How long an instance may take to be ready, before that is called a failure. */
  startMs: number;
  /** How often it may fail to answer before it gets no more requests. */
  failures: number;
  /** How long it may fail to answer before it is started anew. */
  deadMs: number;
  /** Between two looks at how busy instances are. */
  sampleMs: number;
  /** How long they must have been little busy before some of them go. */
  calmMs: number;
  /** How long an instance that is to go stays: requests are on their way to it, or not yet answered. */
  drainMs: number;
}

/** OSCAR's probes and those of Kubernetes, but for the first look: here nobody waits ten seconds for it. */
export const oscarTimes: Times = {
  startingMs: 200,
  readyMs: 5_000,
  answerMs: 10_000,
  startMs: 180_000,
  failures: 3,
  deadMs: 120_000,
  sampleMs: 15_000,
  calmMs: 300_000,
  drainMs: 5_000,
};
