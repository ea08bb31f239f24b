import type { Executor } from '../executors/executor.ts';
import type { Step } from './plan.ts';

/** Does one step and decides nothing; answers what the executor cannot honour about the service. */
export async function apply(step: Step, executor: Executor, onProgress: (line: string) => void): Promise<string[]> {
  if (step.verb === 'withdraw') {
    await executor.withdraw(step.name);
    return [];
  }
  return executor.deploy(step.service, onProgress);
}
