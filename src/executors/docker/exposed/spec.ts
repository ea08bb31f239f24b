import type { ContainerSpec, Image } from '../../../engine/engine.ts';
import { SandboxError } from '../../../model/errors.ts';
import type { Definition } from '../../../model/service.ts';

/** Where OSCAR puts a service's script, and we its variables. */
export const CONFIG = '/oscar/config';
/** The variables stand in a file: what is in a container's definition, everyone who may ask the engine can read. */
const withVariables = `. ${CONFIG}/environment && exec`;

/** What the instances of a service have in common. */
export interface Mould {
  definition: Definition;
  image: Image;
  labels: Record<string, string>;
  network: string;
  binds: string[];
  limits: Partial<ContainerSpec['HostConfig']>;
}

export const portOf = ({ expose }: Definition): number => expose.api_port?.[0] ?? 0;

/** A server for people on this machine alone: its port is open on the loopback address, at a number the engine picks. */
function serverSpec({ definition, image, labels, network, binds, limits }: Mould): ContainerSpec {
  const port = `${portOf(definition)}/tcp`;
  return {
    Image: image.id,
    ExposedPorts: { [port]: {} },
    Healthcheck: { Test: ['NONE'] },
    Labels: labels,
    HostConfig: {
      ...limits,
      NetworkMode: network,
      Binds: binds,
      PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '1' } },
    },
  };
}

/** The container of an instance whose image has a shell. OSCAR: the script is run as a program, by its first line. */
export function shellSpec(mould: Mould): ContainerSpec {
  const { definition, image } = mould;
  const script = [`${withVariables} ${CONFIG}/script.sh`];
  const own = [`${withVariables} "$@"`, 'sh', ...image.entrypoint, ...image.command];
  if (definition.expose.default_command && own.length === 2) throw noCommand(definition);
  const Cmd = ['-c', ...(definition.expose.default_command ? own : script)];
  return { ...serverSpec(mould), Entrypoint: ['/bin/sh'], Cmd };
}

/** The container of an instance that runs its image's own command, where there is no shell to read a file of variables. */
export const bareSpec = (mould: Mould, variables: Record<string, string>): ContainerSpec => ({
  ...serverSpec(mould),
  Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
});

const noCommand = ({ name, image }: Definition) =>
  new SandboxError('unavailable', `${name} has default_command, but its image ${image} has no command of its own.`, {
    hint: 'Build the image with CMD or ENTRYPOINT, or give the service a script.',
  });
