import { afterAll, beforeAll } from 'vitest';
import type { DefinitionInput } from '../../../src/declare/schema.ts';
import type { DockerOptions } from '../../../src/executors/docker/docker.ts';
import type { Service } from '../../../src/model/service.ts';
import type { Outcome, Task } from '../../../src/model/task.ts';
import { taskOf } from '../../contracts/executor.ts';
import { docker } from '../../docker.ts';
import { declared } from '../../fakes/definitions.ts';
import { never, openDocker, type Place, said, unique } from './place.ts';

/** A service in a small image. */
export const small = (input: Partial<DefinitionInput> = {}, known: Partial<Service> = {}): Service =>
  declared({ image: 'busybox', cpu: '1', memory: '64Mi', log_level: 'CRITICAL', ...input }, known);

/** A docker executor for the tests of a file, with the bucket `out`. */
export function useDocker(more: Partial<DockerOptions> = {}) {
  const stage = { place: undefined as unknown as Place };
  beforeAll(async () => {
    stage.place = await openDocker(more);
    await stage.place.buckets.create('out', {});
  });
  afterAll(() => stage.place?.close());

  const run = (service: Service, extra: Partial<Task> = {}, onLine: (line: string) => void = () => undefined) =>
    stage.place.executor.run(taskOf(service, '', extra), onLine, never);
  const call = async (service: Service, extra: Partial<Task> = {}): Promise<string> => said(await run(service, extra));
  const job = (service: Service): Promise<string> => call(service, { kind: 'job' });
  /** How a task ended, without what it held. */
  const ending = async (service: Service, kind: Task['kind']): Promise<Outcome> => {
    const outcome = await run(service, { kind });
    await outcome.release();
    return outcome;
  };
  const workers = async (service: string): Promise<string[]> => {
    const all = await stage.place.containers('worker', service);
    return all.filter(({ state }) => state === 'running').map(({ id }) => id);
  };
  return { stage, run, call, job, ending, workers };
}

const made: string[] = [];

/** An image like busybox with changes, as a Dockerfile writes them; under a name of its own, or one that is given. */
export function makeImage(changes: string[], name = unique('oscar-sandbox-test/made')): string {
  const container = docker('create', 'busybox', 'true');
  const file = `/tmp/${unique('image')}.tar`;
  try {
    docker('export', '-o', file, container);
    docker('import', ...changes.flatMap((change) => ['-c', change]), file, name);
  } finally {
    docker('rm', container);
  }
  made.push(name);
  return name;
}

/** Removes them after the tests of a file. */
export const removeImages = (): void =>
  void afterAll(() => {
    for (const name of new Set(made.splice(0))) docker('rmi', '-f', name);
  });
