import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { EngineInfo } from '../../../engine/engine.ts';
import { type Followed, follow } from '../../../engine/exec.ts';

/** Runs the programs of a cluster: `kind`, and the client of the engine that `kind` itself calls. */
export interface Tools {
  /** What they see of the environment. */
  environment: Record<string, string>;
  kind(args: string[], how?: Running): Promise<Followed>;
  engine(args: string[], how?: Running): Promise<Followed>;
}

export interface Running {
  timeoutMs?: number;
  onLine?(line: string): void;
  signal?: AbortSignal;
}

const usualMs = 60_000;

/** The programs, as they are called for this engine; those of `folders` are found first. */
export function createTools(around: Record<string, string>, info: EngineInfo, folders: string[], kind: string): Tools {
  const podman = info.product === 'Podman';
  const environment = {
    ...around,
    PATH: [...folders, around.PATH ?? ''].filter(Boolean).join(delimiter),
    // The very engine that was found, whatever a context says.
    ...(podman
      ? { CONTAINER_HOST: info.address, KIND_EXPERIMENTAL_PROVIDER: 'podman' }
      : { DOCKER_HOST: info.address }),
  };
  const run = (program: string, args: string[], { timeoutMs = usualMs, ...how }: Running = {}) =>
    follow([program, ...args], { environment, timeoutMs, ...how });
  return {
    environment,
    kind: (args, how) => run(kind, args, how),
    engine: (args, how) => run(podman ? 'podman' : 'docker', args, how),
  };
}

/** The first program of this name in the folders of a PATH. */
export async function onPath(name: string, path = ''): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return undefined;
}
