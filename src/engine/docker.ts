import { Agent } from 'node:https';
import { hostname } from 'node:os';
import { type Duplex, PassThrough, type Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { SandboxError } from '../model/errors.ts';
import type { Login } from './credentials.ts';
import type { Attached, Container, ContainerSpec, Engine, EngineInfo, Image, Inspected } from './engine.ts';
import { follow } from './events.ts';
import { answered, late, orUndefined, refused, unlessGone } from './failures.ts';
import { mend } from './modem.ts';
import type { EngineAddress } from './places.ts';
import { pullImage } from './pull.ts';
import { split } from './streams.ts';
import { createTurns } from './turns.ts';

export interface EngineParts {
  at: EngineAddress;
  /** The user's own credentials for the registry of an image, if there are any. */
  credentialsFor(reference: string): Promise<Login | undefined>;
  /** How long it may take over what should be done at once; a minute, unless told otherwise. */
  patienceMs?: number;
}

const pingMs = 5_000;
const patienceMs = 60_000;

/** Its types do not know of a time limit. */
type Pinged = Omit<Dockerode, 'ping'> & { ping(options: { abortSignal: AbortSignal }): Promise<unknown> };

/**
 * Speaks with the engine at an address; throws `unavailable` when it does not answer. Podman's service speaks the same
 * language: 4.3 was tried with all of this but networks and pulls.
 */
export async function openEngine({ at, credentialsFor, patienceMs: ms = patienceMs }: EngineParts): Promise<Engine> {
  const { default: Docker } = await import('dockerode');
  const docker = new Docker(clientOptions(at));
  mend(docker.modem, { ms, late: () => late(at.address, ms) });
  const ask = <T>(work: () => Promise<T>): Promise<T> => answered(at.address, work);
  const info = await ask(() => describe(docker, at));
  return {
    info,
    ping: async () => void (await ask(() => (docker as Pinged).ping({ abortSignal: AbortSignal.timeout(pingMs) }))),
    image: (reference) => orUndefined(ask(async () => toImage(await docker.getImage(reference).inspect()))),
    pull: async (reference, onProgress, signal) => {
      const login = (await credentialsFor(reference)) ?? {};
      const open = (name: string, options: object) => docker.pull(name, options);
      await ask(() => pullImage({ open, reference, login, onProgress, signal }));
    },
    ...containers(docker, ask),
    ...networks(docker, ask),
    ...volumes(docker, ask),
    events: (labels, on, signal) => follow({ open: (options) => docker.getEvents(options), labels, on, signal }),
  };
}

/** All of it is said: what is left open, the client would take from the process's environment. */
function clientOptions({ options }: EngineAddress): Dockerode.DockerOptions {
  const open = { host: undefined, port: undefined, ca: undefined, cert: undefined, key: undefined };
  if ('socketPath' in options) return { ...open, protocol: 'http', socketPath: options.socketPath };
  const { host, port, protocol, ...certificates } = options;
  // The client has no place for `rejectUnauthorized`. As with Node's own agent, TCP finds out when the other side is gone.
  const agent = protocol === 'https' ? new Agent({ keepAlive: true, ...certificates }) : undefined;
  const bracketed = host.includes(':') ? `[${host}]` : host;
  const all = { ...open, socketPath: undefined, host: bracketed, port, protocol, pathPrefix: '/', agent };
  return all;
}

type Ask = <T>(work: () => Promise<T>) => Promise<T>;

async function describe(docker: Dockerode, { address, foundBy }: EngineAddress): Promise<EngineInfo> {
  const [version, info] = await Promise.all([docker.version(), docker.info()]);
  const parts = (version.Components ?? []).map(({ Name }) => Name);
  return {
    address,
    foundBy,
    product: parts.some((name) => name.startsWith('Podman')) ? 'Podman' : 'Docker',
    version: version.Version,
    place: placeOf(address, info),
    ...(info.DockerRootDir ? { root: info.DockerRootDir } : {}),
    memory: info.MemTotal,
    cpu: info.NCPU,
    gpu: 'nvidia' in (info.Runtimes ?? {}),
  };
}

interface Machine {
  Name: string;
  SecurityOptions?: string[] | null;
}

function placeOf(address: string, { Name, SecurityOptions }: Machine): EngineInfo['place'] {
  const local = /^(unix:|tcp:\/\/(127\.|localhost|\[::1\]))/.test(address);
  if (!local) return 'remote';
  // Without root it has this machine's files, but a network of its own, where this machine is not reached.
  const rootless = (SecurityOptions ?? []).some((option) => option.includes('name=rootless'));
  // In a virtual machine, or beside a container that we run in, the engine's machine has another name.
  return Name === hostname() && !rootless ? 'here' : 'machine';
}

const list = (words: string | string[] | null | undefined): string[] =>
  typeof words === 'string' ? [words] : (words ?? []);

const toImage = ({ Id, Config, RepoDigests }: Dockerode.ImageInspectInfo): Image => ({
  id: Id,
  // What was fetched or pushed has one; what was only built here has none, but for the engines that make one up.
  published: (RepoDigests ?? []).length > 0,
  // An image that was imported may have none.
  user: Config?.User ?? '',
  workdir: Config?.WorkingDir ?? '',
  entrypoint: list(Config?.Entrypoint),
  command: list(Config?.Cmd),
  environment: Config?.Env ?? [],
});

const states = ['created', 'running', 'exited'] as const;
const stateOf = (word: string): Container['state'] => states.find((state) => state === word) ?? 'other';

const toContainer = (found: Dockerode.ContainerInfo): Container => ({
  id: found.Id,
  name: (found.Names[0] ?? '').replace(/^\//, ''),
  image: found.ImageID,
  labels: found.Labels,
  state: stateOf(found.State),
});

function toInspected(found: Dockerode.ContainerInspectInfo): Inspected {
  const { State, NetworkSettings, Config } = found;
  const ports = Object.entries(NetworkSettings.Ports ?? {}).flatMap(([port, bound]) =>
    bound?.[0] ? [[Number.parseInt(port, 10), Number(bound[0].HostPort)]] : [],
  );
  const [network] = Object.values(NetworkSettings.Networks ?? {});
  return {
    id: found.Id,
    name: found.Name.replace(/^\//, ''),
    image: found.Image,
    labels: Config.Labels,
    state: stateOf(State.Status),
    exitCode: State.ExitCode,
    outOfMemory: State.OOMKilled,
    ip: network?.IPAddress ?? '',
    ports: Object.fromEntries(ports),
    startedAt: Date.parse(State.StartedAt) || 0,
    restarts: found.RestartCount,
  };
}

const byLabels = (labels: Record<string, string>) => ({
  filters: { label: Object.entries(labels).map(([name, value]) => `${name}=${value}`) },
});

function containers(docker: Dockerode, ask: Ask) {
  const at = (id: string) => docker.getContainer(id);
  // Docker 20.10 may count a container into its network for ever when these meet.
  const inTurn = createTurns();
  const remove = (id: string) => unlessGone(ask(() => at(id).remove({ force: true, v: true })));
  const attach = async (id: string): Promise<Attached> => {
    const options = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true };
    // A connection, whatever its type says.
    const connection = (await ask(() => at(id).attach(options))) as Duplex;
    const [output, errors] = [new PassThrough(), new PassThrough()];
    split(connection, { output, errors });
    return { input: connection, output, errors };
  };
  return {
    create: async (name: string, spec: ContainerSpec) => {
      const made = await ask(() => docker.createContainer({ name, ...spec }));
      return made.id;
    },
    attach,
    start: (id: string) => unlessRunning(ask(() => at(id).start())),
    ended: async (id: string, when: 'next-exit' | 'not-running') => {
      const { StatusCode } = (await ask(() => at(id).wait({ condition: when }))) as { StatusCode: number };
      return StatusCode;
    },
    inspect: (id: string) => orUndefined(ask(async () => toInspected(await at(id).inspect()))),
    list: async (labels: Record<string, string>) =>
      (await ask(() => docker.listContainers({ all: true, ...byLabels(labels) }))).map(toContainer),
    logs: async (id: string, { timestamps } = { timestamps: false }): Promise<Readable> => {
      const options = { follow: true, stdout: true, stderr: true, timestamps } as const;
      const joined = (await ask(() => at(id).logs(options))) as Readable;
      const lines = new PassThrough();
      split(joined, { output: lines, errors: lines });
      return lines;
    },
    kill: (id: string) => inTurn(id, () => unlessGone(ask(() => at(id).kill()))),
    remove: (id: string) => inTurn(id, () => remove(id)),
    rename: (id: string, name: string) => inTurn(id, async () => void (await ask(() => at(id).rename({ name })))),
    has: async (id: string, path: string) => {
      const answer = (await orUndefined(ask(() => at(id).infoArchive({ path })))) as Readable | undefined;
      // Read to its end, which is at once, its connection is free again.
      answer?.resume();
      return answer !== undefined;
    },
    copyIn: (id: string, path: string, tar: Readable) =>
      handedOver(tar, () => ask(() => at(id).putArchive(tar, { path }))),
    copyOut: async (id: string, path: string) => (await ask(() => at(id).getArchive({ path }))) as Readable,
    cpuTime: async (id: string) => {
      const stats = await ask(() => at(id).stats({ stream: false, 'one-shot': true }));
      return stats.cpu_stats.cpu_usage.total_usage;
    },
  };
}

/** A failure of the source is no failure of the engine, and a source that is not read to its end is closed. */
async function handedOver(source: Readable, work: () => Promise<unknown>): Promise<void> {
  let broken: Error | undefined;
  source.once('error', (error) => {
    broken = error;
  });
  try {
    await work();
  } catch (error) {
    throw broken ?? error;
  } finally {
    source.destroy();
  }
}

/** Docker answers 304 when it runs already. */
async function unlessRunning(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    const { cause } = error as { cause?: { statusCode?: number } };
    if (cause?.statusCode !== 304) throw error;
  }
}

function networks(docker: Dockerode, ask: Ask) {
  const find = async (name: string) => {
    const found = await ask(() => docker.listNetworks({ filters: { name: [name] } }));
    return found.find((network) => network.Name === name);
  };
  const make = async (name: string, labels: Record<string, string>) => {
    const made = await ask(() => docker.createNetwork({ Name: name, Driver: 'bridge', Labels: labels }));
    return ask(() => made.inspect());
  };
  const findOrMake = async (name: string, labels: Record<string, string>) =>
    (await find(name)) ?? (await make(name, labels));
  // The engine would make two of one name.
  const making = new Map<string, ReturnType<typeof findOrMake>>();
  const once = (name: string, labels: Record<string, string>) => {
    const made = making.get(name) ?? findOrMake(name, labels).finally(() => making.delete(name));
    making.set(name, made);
    return made;
  };
  return {
    network: async (name: string, labels: Record<string, string>) => {
      const network = await once(name, labels);
      // IPv6 may stand first.
      const gateways = (network.IPAM?.Config ?? []).map(({ Gateway }) => Gateway ?? '');
      return { id: network.Id, gateway: gateways.find((address) => address.includes('.')) ?? '' };
    },
    networks: async (labels: Record<string, string>) =>
      (await ask(() => docker.listNetworks(byLabels(labels)))).map(({ Id, Name }) => ({ id: Id, name: Name })),
    removeNetwork: (id: string) => unlessGone(ask(() => docker.getNetwork(id).remove())),
  };
}

function volumes(docker: Dockerode, ask: Ask) {
  return {
    volume: async (name: string, labels: Record<string, string>) =>
      void (await ask(() => docker.createVolume({ Name: name, Labels: labels }))),
    volumes: async (labels: Record<string, string>) => {
      const { Volumes } = await ask(() => docker.listVolumes(byLabels(labels)));
      return (Volumes ?? []).map(({ Name, Labels }) => ({ name: Name, labels: Labels ?? {} }));
    },
    removeVolume: async (name: string) => {
      try {
        await ask(() => docker.getVolume(name).remove());
      } catch (error) {
        if (error instanceof SandboxError && error.code === 'not-found') return;
        throw refused(error, `The volume ${name} cannot be removed`);
      }
    },
  };
}
