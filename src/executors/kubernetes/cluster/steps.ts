/** One thing that has to be so. */
export interface Step {
  name: string;
  /** Is it so already? A step without it is always run, and does nothing when nothing is to be done. */
  done?(): Promise<boolean>;
  run(say: (line: string) => void): Promise<void>;
}

/** What is told of a step, with the seconds since the step began, or since all did. */
export interface Progress {
  step: string;
  state: 'begins' | 'is there' | 'goes on' | 'is done' | 'failed';
  seconds: number;
  /** What it says meanwhile. */
  line?: string;
}

export interface StepParts {
  now(): number;
  onProgress(progress: Progress): void;
  signal: AbortSignal;
}

/** Goes through the steps in order: each looks before it acts. Answers the seconds that all took. */
export async function runSteps(steps: readonly Step[], parts: StepParts): Promise<number> {
  const began = parts.now();
  for (const step of steps) await runStep(step, parts);
  return seconds(parts.now() - began);
}

async function runStep({ name, done, run }: Step, { now, onProgress, signal }: StepParts): Promise<void> {
  const began = now();
  const tell = (state: Progress['state'], line?: string) =>
    onProgress({ step: name, state, seconds: seconds(now() - began), ...(line === undefined ? {} : { line }) });
  signal.throwIfAborted();
  if (await done?.()) return tell('is there');
  tell('begins');
  try {
    await run((line) => tell('goes on', line));
  } catch (error) {
    tell('failed');
    throw error;
  }
  tell('is done');
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;

/** A line of a list of progress: `node of the cluster: done (17.2 s)`. */
export function lineOf({ step, state, seconds, line }: Progress): string {
  if (state === 'is there') return `${step}: there`;
  if (state === 'is done') return `${step}: done (${seconds.toFixed(1)} s)`;
  if (state === 'failed') return `${step}: failed after ${seconds.toFixed(1)} s`;
  return line === undefined ? `${step} …` : `${step}: ${line}`;
}
