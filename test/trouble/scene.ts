import { expect, vi } from 'vitest';
import type { InvocationView } from '../../src/api/protocol.ts';
import { dataId } from '../../src/daemon/files.ts';
import { carrying, docker } from '../docker.ts';
import { type Program, startProgram } from '../program.ts';

// A machine that is busy is no failure.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
export const patience = { timeout: 60_000, interval: 50 };

export interface SceneOptions {
  args?: string[];
  env?: Record<string, string>;
  dataDir?: string;
}

/** A sandbox whose services run in containers, and what a test does to it. */
export interface Scene {
  program: Program;
  /** What everything of it on the engine carries. */
  label: string;
  declare(service: Record<string, unknown>): Promise<void>;
  /** A synchronous call: its status and what it answers, without the end of the last line. */
  run(service: string, body?: string): Promise<{ status: number; text: string }>;
  /** The id of a new job. */
  job(service: string, body?: string): Promise<string>;
  invocations(service: string): Promise<InvocationView[]>;
  /** The job, once it has ended. */
  ended(service: string, id: string): Promise<InvocationView>;
  log(service: string, id: string): Promise<string>;
}

/** What everything of the sandbox with this data folder carries on an engine. */
export const labelOf = (dataDir: string): string => `oscar-sandbox.data=${dataId(dataDir)}`;

/** The containers of a sandbox in one role, as ids. */
export const containers = (label: string, role: string, ...more: string[]): string[] =>
  docker('ps', '--quiet', '--filter', `label=${label}`, '--filter', `label=oscar-sandbox.role=${role}`, ...more)
    .split('\n')
    .filter(Boolean);

/** Nothing of a sandbox is on the engine any more. */
export const nothingLeft = (label: string): Promise<void> =>
  vi.waitFor(() => expect(carrying(label)).toEqual([]), patience);

/** Starts a sandbox without services on the engine. */
export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  const program = await startProgram({ ...options, executor: 'docker' });
  return sceneOf(program);
}

/** A running program as a scene. */
export function sceneOf(program: Program): Scene {
  const must = async (path: string, init?: RequestInit): Promise<Response> => {
    const answer = await program.call(path, init);
    if (!answer.ok) throw new Error(`${path} is answered ${answer.status}: ${await answer.text()}`);
    return answer;
  };
  const invocations = async (service: string): Promise<InvocationView[]> =>
    (await (await must(`/sandbox/invocations?service=${service}&limit=1000`)).json()) as InvocationView[];
  return {
    program,
    label: labelOf(program.dataDir),
    declare: async (service) => {
      const body = JSON.stringify({ image: 'busybox', cpu: '0.5', memory: '64Mi', log_level: 'CRITICAL', ...service });
      await must('/system/services', { method: 'POST', body });
    },
    run: async (service, body = 'a call') => {
      const answer = await program.call(`/run/${service}`, { method: 'POST', body });
      return { status: answer.status, text: (await answer.text()).trimEnd() };
    },
    job: async (service, body = 'a job') => {
      const answer = await must(`/job/${service}`, { method: 'POST', body });
      return answer.headers.get('x-oscar-sandbox-job') ?? '';
    },
    invocations,
    ended: (service, id) =>
      vi.waitFor(async () => {
        const one = (await invocations(service)).find((job) => job.id === id);
        if (!one?.finishedAt) throw new Error(`The job ${id} of ${service} is ${one?.state}.`);
        return one;
      }, patience),
    log: async (service, id) => (await must(`/system/logs/${service}/${id}`)).text(),
  };
}
