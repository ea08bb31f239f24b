import { createServer } from 'node:net';
import type { Container, Engine } from '../../engine/engine.ts';
import type { Log } from '../../log.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Machine } from './minio.ts';
import { whenReady } from './readiness.ts';
import {
  fingerprintOf,
  inside,
  label,
  labelsOf,
  type MinioContainer,
  minioSpec,
  namesOf,
  settingsFile,
} from './spec.ts';
import { tarred } from './tarred.ts';

export interface ContainerParts {
  engine: Engine;
  /** The data folder's: what we make carries it. */
  id: string;
  image: string;
  log: Log;
}

/** MinIO in a container that goes on when we do not, and is found again at the next start. */
export function createContainer({ engine, id, image, log }: ContainerParts): Machine {
  const labels = labelsOf(id);
  const find = async (): Promise<Container | undefined> => (await engine.list(labels))[0];
  return {
    queueFolder: inside.queue,
    doorstep: () => doorstep(engine, id),
    run: async (settings, { host, port }) => {
      const fingerprint = fingerprintOf({ image, host, settings });
      const there = await find();
      const its = there && Number(there.labels[label.port]);
      if (there && its && there.labels[label.fingerprint] === fingerprint && (port === 0 || port === its)) {
        if (there.state !== 'running') await start(engine, there.id);
        log.info('MinIO is taken up again', { container: there.name });
        return whenReady(urlOf(host, its), demandAlive(engine, there.id));
      }
      const wanted = its && (port === 0 || port === its) ? its : await free(host, port);
      if (there) await engine.remove(there.id);
      const made = await make(engine, { id, image, host, port: wanted, settings }, log);
      return whenReady(urlOf(host, wanted), demandAlive(engine, made));
    },
  };
}

// Bound to every address, it is reached from here by the loopback one.
const urlOf = (host: string, port: number): string => {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
};

async function make(engine: Engine, wanted: MinioContainer, log: Log): Promise<string> {
  const { id, image, settings } = wanted;
  const [names, labels] = [namesOf(id), labelsOf(id)];
  if (!(await engine.image(image))) {
    log.info('an image is pulled', { image });
    await engine.pull(image, (line) => log.debug(line, { image }));
  }
  await engine.network(names.network, labels);
  for (const volume of [names.data, names.queue]) await engine.volume(volume, labels);
  const made = await engine.create(names.container, minioSpec(wanted));
  try {
    await engine.copyIn(made, '/', tarred(inside.settings, settingsFile(settings)));
    await start(engine, made);
  } catch (error) {
    await engine.remove(made);
    throw error instanceof SandboxError && error.code !== 'unavailable' ? noMinio(image, error) : error;
  }
  return made;
}

const noMinio = (image: string, cause: SandboxError) =>
  new SandboxError('invalid', `The image ${image} cannot be started as MinIO.`, { hint: cause.message, cause });

async function start(engine: Engine, container: string): Promise<void> {
  try {
    await engine.start(container);
  } catch (error) {
    const taken = /address already in use|port is already allocated/i.test(String(error));
    throw taken ? Object.assign(new Error('The port is in use.', { cause: error }), { code: 'EADDRINUSE' }) : error;
  }
}

/** The port itself if it is free (EADDRINUSE if not), for 0 any free one: the engine would choose anew at every start. */
const free = (host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, host, () => {
      const { port: chosen } = server.address() as { port: number };
      server.close(() => resolve(chosen));
    });
  });

/** Throws once it has ended; one that ends again and again is started again and again by the engine. */
function demandAlive(engine: Engine, container: string): () => Promise<void> {
  let before: number | undefined;
  return async () => {
    const now = await engine.inspect(container);
    before ??= now?.restarts;
    if (now && now.state !== 'exited' && now.restarts === before) return;
    throw new SandboxError('unavailable', 'MinIO has ended while it started.', {
      hint: `It said: ${await lastWords(engine, container)}`,
    });
  };
}

const most = 500;

async function lastWords(engine: Engine, container: string): Promise<string> {
  await engine.kill(container);
  let text = '';
  for await (const piece of await engine.logs(container)) text = `${text}${piece}`.slice(-most);
  return text.trim() || 'nothing';
}

async function doorstep(engine: Engine, id: string): Promise<{ bind: string; name: string }> {
  const { place, address } = engine.info;
  if (place === 'remote') {
    throw new SandboxError(
      'unavailable',
      `A MinIO on the container engine at ${address} could not send its events here.`,
      {
        hint: 'Start a MinIO there and name it: --objects http://KEY:SECRET@HOST:PORT.',
      },
    );
  }
  if (place === 'machine') return { bind: '127.0.0.1', name: 'host.docker.internal' };
  const { gateway } = await engine.network(namesOf(id).network, labelsOf(id));
  if (gateway) return { bind: gateway, name: gateway };
  throw new SandboxError('unavailable', `The network ${namesOf(id).network} of the container engine has no gateway.`, {
    hint: 'Remove that network, or use --objects embedded.',
  });
}
