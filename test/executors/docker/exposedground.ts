import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEngine } from '../../../src/engine/docker.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { removeLabelled } from '../../../src/engine/labelled.ts';
import { usualSocket } from '../../../src/engine/places.ts';
import { createExposed, type Exposed, type ExposedParts } from '../../../src/executors/docker/exposed/exposed.ts';
import { oscarTimes, type Times } from '../../../src/executors/docker/exposed/times.ts';
import { createMarks } from '../../../src/executors/docker/labels.ts';
import { limitsFor } from '../../../src/executors/docker/needs.ts';
import { createNetwork } from '../../../src/executors/docker/network.ts';
import { hardening } from '../../../src/executors/docker/spec.ts';
import type { Deployment } from '../../../src/executors/executor.ts';
import { silent } from '../../../src/log.ts';
import type { Service } from '../../../src/model/service.ts';
import { declared } from '../../fakes/definitions.ts';

const quick: Times = { ...oscarTimes, startingMs: 50, readyMs: 100, startMs: 20_000, drainMs: 100, sampleMs: 300 };

/** The containers of exposed services on a real engine, with all that they stand on. */
export async function createGround() {
  const engine = await openEngine({ at: usualSocket, credentialsFor: async () => undefined });
  const marks = createMarks(`test${randomBytes(4).toString('hex')}`);
  const folder = await mkdtemp(join(tmpdir(), 'exposed-'));
  const opened: Exposed[] = [];
  const { name: network } = createNetwork(engine, marks);
  const open = (times: Partial<Times> = {}, more: Partial<ExposedParts> = {}): Exposed => {
    const exposed = createExposed(
      {
        engine,
        marks,
        network,
        folder: join(folder, 'exposed'),
        mountable: async () => true,
        hold: async () => ({ binds: [], release: async () => undefined }),
        hardening,
        size: limitsFor,
        now: Date.now,
        log: silent,
        onChange: () => undefined,
        ...more,
      },
      { ...quick, ...times },
    );
    opened.push(exposed);
    return exposed;
  };
  const close = async () => {
    for (const exposed of opened) await exposed.close();
    await removeLabelled(engine, marks.all);
    await rm(folder, { recursive: true, force: true });
  };
  const deployed = async (service: Service, times: Partial<Times> = {}, more: Partial<ExposedParts> = {}) => {
    const exposed = open(times, more);
    await deploy(engine, exposed, service);
    return exposed;
  };
  /** As when the program dies: what it started goes on, and nobody looks after it. */
  const leaveBehind = async (service: Service): Promise<void> => {
    let alive = true;
    const inspect: Engine['inspect'] = (id) => (alive ? engine.inspect(id) : new Promise<undefined>(() => undefined));
    await seen(await deployed(service, {}, { engine: { ...engine, inspect } }), isReady);
    alive = false;
  };
  return {
    engine,
    marks,
    folder,
    network,
    open,
    deployed,
    leaveBehind,
    close,
    containers: () => engine.list(marks.all),
  };
}

export type Ground = Awaited<ReturnType<typeof createGround>>;

/** An exposed service that serves what it knows of itself. */
export function server(
  more: { expose?: object; fingerprint?: string; secrets?: Record<string, string>; [key: string]: unknown } = {},
): Service {
  const { expose, fingerprint, secrets, ...definition } = more;
  const service = declared({
    name: 'web',
    image: 'busybox',
    cpu: '0.5',
    memory: '64Mi',
    script: serving('echo "$GREETING $SECRET from $OSCAR_SERVICE_BASE_PATH" > index.html'),
    environment: { variables: { GREETING: "it's" }, secrets: {} },
    expose: { api_port: [8080], min_scale: 1, max_scale: 1, ...expose },
    ...definition,
  });
  return { ...service, secrets: secrets ?? { SECRET: 'hidden' }, fingerprint: fingerprint ?? service.fingerprint };
}

/** A script that does something and then serves its folder. */
export const serving = (first: string): string =>
  `#!/bin/sh\nmkdir -p /tmp/www\ncd /tmp/www\necho starting\n${first}\nexec httpd -f -p 8080\n`;

/** Deploys the service with the image that it names. */
export async function deploy(engine: Engine, exposed: Exposed, service: Service): Promise<void> {
  const image = await engine.image(service.definition.image);
  if (!image) throw new Error(`${service.definition.image} is missing`);
  await exposed.deploy(service, image);
}

/** Looks until the service is as it is waited for. */
export async function seen(exposed: Exposed, isIt: (one: Deployment) => boolean, name = 'web'): Promise<Deployment> {
  for (;;) {
    const found = (await exposed.observe()).find(({ service }) => service === name);
    if (found && isIt(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export const isReady = ({ state }: Deployment): boolean => state === 'ready';

/** What the service answers. */
export async function ask({ addresses = [] }: Deployment, path = '/'): Promise<string> {
  const answer = await fetch(`${addresses[0]}${path}`);
  return (await answer.text()).trim();
}
