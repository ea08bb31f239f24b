import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from '../model/errors.ts';
import { type Around, dockerFolder, readConfig } from './dockerconfig.ts';

/** The files of an encrypted connection, read. */
export interface Certificates {
  ca?: string;
  cert?: string;
  key?: string;
  /** False: whoever answers is believed. */
  rejectUnauthorized?: boolean;
}

/** Where an engine may answer, and how that was found. */
export interface EngineAddress {
  /** `unix:///var/run/docker.sock` */
  address: string;
  foundBy: string;
  /** The same for the client. */
  options: { socketPath: string } | ({ host: string; port: number; protocol: 'http' | 'https' } & Certificates);
}

/** The usual socket. */
export const usualSocket: EngineAddress = socket('/var/run/docker.sock', 'the usual socket of Docker');

/** Where to ask: what the user has named, or else the usual places in order. Throws when what is named makes no sense. */
export async function placesToAsk(around: Around): Promise<EngineAddress[]> {
  const { environment } = around;
  if (environment.DOCKER_HOST) {
    const certificates = environment.DOCKER_TLS_VERIFY
      ? await readCertificates(environment.DOCKER_CERT_PATH || dockerFolder(around))
      : undefined;
    return [addressOf(environment.DOCKER_HOST, 'DOCKER_HOST', certificates)];
  }
  const chosen = environment.DOCKER_CONTEXT || (await readConfig(around)).currentContext;
  return chosen && chosen !== 'default' ? [await fromContext(dockerFolder(around), chosen)] : usualPlaces(around);
}

function socket(path: string, foundBy: string): EngineAddress {
  return { address: `unix://${path}`, foundBy, options: { socketPath: path } };
}

/** What the user has written, understood; with certificates it is encrypted. */
function addressOf(written: string, foundBy: string, certificates: Certificates | undefined): EngineAddress {
  if (written.startsWith('unix://')) return socket(written.slice('unix://'.length) || '/var/run/docker.sock', foundBy);
  const url = URL.parse(written.includes('://') ? written : `tcp://${written}`);
  if (url?.protocol === 'ssh:') {
    throw new SandboxError('invalid', `${foundBy} names ${written}: engines are not reached through ssh.`, {
      hint: `Forward its socket: ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock ${url.username ? `${url.username}@` : ''}${url.hostname}, and DOCKER_HOST=unix:///tmp/engine.sock`,
    });
  }
  if (!url?.hostname || !['tcp:', 'http:', 'https:'].includes(url.protocol)) {
    throw new SandboxError('invalid', `${foundBy} names ${written}, which is no address of a container engine.`, {
      hint: 'Write unix:///path/to/docker.sock or tcp://HOST:PORT.',
    });
  }
  const protocol = certificates || url.protocol === 'https:' ? 'https' : 'http';
  const port = Number(url.port) || (protocol === 'https' ? 2376 : 2375);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { address: `tcp://${url.hostname}:${port}`, foundBy, options: { host, port, protocol, ...certificates } };
}

/** Those of the three files that are there. */
async function readCertificates(folder: string): Promise<Certificates> {
  const files = await Promise.all(
    (['ca', 'cert', 'key'] as const).map(async (name) => {
      const text = await readIfThere(join(folder, `${name}.pem`));
      return text === undefined ? [] : [[name, text]];
    }),
  );
  return Object.fromEntries(files.flat());
}

const readIfThere = (file: string): Promise<string | undefined> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new SandboxError('invalid', `${file} cannot be read: ${error.message}.`, { cause: error });
  });

interface Context {
  Endpoints?: { docker?: { Host?: string; SkipTLSVerify?: boolean } };
}

/** Docker keeps a context under the hash of its name. */
async function fromContext(folder: string, name: string): Promise<EngineAddress> {
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(folder, 'contexts/meta', id, 'meta.json');
  const text = await readIfThere(file);
  const { Host, SkipTLSVerify = false } = (text === undefined ? undefined : parse(text, file))?.Endpoints?.docker ?? {};
  if (!Host) {
    throw new SandboxError('invalid', `The Docker context ${name} is not there.`, {
      hint: 'See `docker context ls`, and choose another with `docker context use` or DOCKER_CONTEXT.',
    });
  }
  const certificates = await readCertificates(join(folder, 'contexts/tls', id, 'docker'));
  const encrypted = SkipTLSVerify || Object.keys(certificates).length > 0;
  return addressOf(
    Host,
    `the context ${name}`,
    encrypted ? { ...certificates, ...(SkipTLSVerify ? { rejectUnauthorized: false } : {}) } : undefined,
  );
}

function parse(text: string, file: string): Context {
  try {
    return JSON.parse(text) as Context;
  } catch (error) {
    throw new SandboxError('invalid', `${file} is not JSON.`, { cause: error, hint: (error as Error).message });
  }
}

/** Where engines put their sockets, in the order in which they are asked. */
function usualPlaces({ environment: { XDG_RUNTIME_DIR: runtime }, home }: Around): EngineAddress[] {
  const machine = join(home, '.local/share/containers/podman/machine');
  return [
    usualSocket,
    ...(runtime ? [socket(join(runtime, 'docker.sock'), 'the usual socket of rootless Docker')] : []),
    socket(join(home, '.docker/run/docker.sock'), 'the usual socket of Docker Desktop'),
    socket(join(home, '.docker/desktop/docker.sock'), 'the usual socket of Docker Desktop'),
    socket(join(home, '.colima/default/docker.sock'), 'the usual socket of Colima'),
    socket(join(home, '.colima/docker.sock'), 'the usual socket of Colima'),
    socket(join(home, '.rd/docker.sock'), 'the usual socket of Rancher Desktop'),
    socket(join(home, '.orbstack/run/docker.sock'), 'the usual socket of OrbStack'),
    ...(runtime ? [socket(join(runtime, 'podman/podman.sock'), 'the usual socket of rootless Podman')] : []),
    socket('/run/podman/podman.sock', 'the usual socket of Podman'),
    socket(join(machine, 'podman.sock'), 'the usual socket of a Podman machine'),
    socket(join(machine, 'qemu/podman.sock'), 'the usual socket of a Podman machine'),
  ];
}
