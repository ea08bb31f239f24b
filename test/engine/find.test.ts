import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createEncrypted } from 'node:https';
import { connect as dial, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/engine/connect.ts';
import { findEngine } from '../../src/engine/find.ts';
import { placesToAsk } from '../../src/engine/places.ts';
import { describeWith } from '../clients/installed.ts';
import { createFolder, createWay, usualPath } from './place.ts';

let home: string;
let undo: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  const folder = await createFolder();
  home = folder.path;
  undo.push(folder.remove);
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
  undo = [];
});

/** Docker's config folder of this home. */
async function write(file: string, content: string | object): Promise<string> {
  const path = join(home, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const contextFolder = (kind: 'meta' | 'tls', name: string): string =>
  `.docker/contexts/${kind}/${createHash('sha256').update(name).digest('hex')}`;

const writeContext = (name: string, docker: object) =>
  write(`${contextFolder('meta', name)}/meta.json`, { Name: name, Metadata: {}, Endpoints: { docker } });

const inHome = (environment: Record<string, string> = {}) => ({ environment, home });

describe('what is asked', () => {
  const told = async (environment: Record<string, string> = {}) =>
    (await placesToAsk(inHome(environment))).map(({ address, foundBy }) => `${address} ${foundBy}`);

  it('is DOCKER_HOST alone, if it is set', async () => {
    await writeContext('far', { Host: 'tcp://far.test:2375' });
    expect(await told({ DOCKER_HOST: 'unix:///x.sock', DOCKER_CONTEXT: 'far' })).toEqual([
      'unix:///x.sock DOCKER_HOST',
    ]);
    expect(await told({ DOCKER_HOST: 'tcp://10.0.0.5:2375' })).toEqual(['tcp://10.0.0.5:2375 DOCKER_HOST']);
    expect(await told({ DOCKER_HOST: 'far.test' })).toEqual(['tcp://far.test:2375 DOCKER_HOST']);
  });

  it('is the context that is named, or else the current one', async () => {
    await writeContext('colima', { Host: 'unix:///colima.sock' });
    await writeContext('far', { Host: 'tcp://far.test:2376' });
    await write('.docker/config.json', { currentContext: 'colima' });
    expect(await told()).toEqual(['unix:///colima.sock the context colima']);
    expect(await told({ DOCKER_CONTEXT: 'far' })).toEqual(['tcp://far.test:2376 the context far']);
    expect(await told({ DOCKER_CONFIG: join(home, 'elsewhere') })).toContain(
      'unix:///var/run/docker.sock the usual socket of Docker',
    );
  });

  it('is else every usual socket, in this order', async () => {
    await write('.docker/config.json', { currentContext: 'default' });
    const all = await told({ XDG_RUNTIME_DIR: '/run/user/7' });
    expect(all.map((line) => line.replace(home, '~')).join('\n')).toBe(
      `unix:///var/run/docker.sock the usual socket of Docker
unix:///run/user/7/docker.sock the usual socket of rootless Docker
unix://~/.docker/run/docker.sock the usual socket of Docker Desktop
unix://~/.docker/desktop/docker.sock the usual socket of Docker Desktop
unix://~/.colima/default/docker.sock the usual socket of Colima
unix://~/.colima/docker.sock the usual socket of Colima
unix://~/.rd/docker.sock the usual socket of Rancher Desktop
unix://~/.orbstack/run/docker.sock the usual socket of OrbStack
unix:///run/user/7/podman/podman.sock the usual socket of rootless Podman
unix:///run/podman/podman.sock the usual socket of Podman
unix://~/.local/share/containers/podman/machine/podman.sock the usual socket of a Podman machine
unix://~/.local/share/containers/podman/machine/qemu/podman.sock the usual socket of a Podman machine`,
    );
  });
});

describe('where no engine answers, one sentence says why', () => {
  const refusals: [what: string, environment: Record<string, string>, why: string, hint: string][] = [
    [
      'an engine beyond ssh',
      { DOCKER_HOST: 'ssh://me@far.test' },
      'DOCKER_HOST names ssh://me@far.test: engines are not reached through ssh.',
      'Forward its socket: ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock me@far.test, and DOCKER_HOST=unix:///tmp/engine.sock',
    ],
    [
      'a pipe of Windows',
      { DOCKER_HOST: 'npipe:////./pipe/docker_engine' },
      'DOCKER_HOST names npipe:////./pipe/docker_engine, which is no address of a container engine.',
      'Write unix:///path/to/docker.sock or tcp://HOST:PORT.',
    ],
    [
      'a context that is not there',
      { DOCKER_CONTEXT: 'gone' },
      'The Docker context gone is not there.',
      'See `docker context ls`, and choose another with `docker context use` or DOCKER_CONTEXT.',
    ],
    [
      'nobody at the named address',
      { DOCKER_HOST: 'tcp://127.0.0.1:1' },
      'The container engine at tcp://127.0.0.1:1 (DOCKER_HOST) does not answer: nobody listens.',
      'Start it, or name another one in DOCKER_HOST.',
    ],
    [
      'a socket that is not there',
      { DOCKER_HOST: 'unix:///nowhere/docker.sock' },
      'The container engine at unix:///nowhere/docker.sock (DOCKER_HOST) does not answer: not there.',
      'Start it, or name another one in DOCKER_HOST.',
    ],
  ];
  it.each(refusals)('%s', async (_what, environment, why, hint) => {
    expect(await findEngine(inHome(environment))).toMatchObject({ why, hint });
    expect(await connect(inHome(environment))).toEqual({ why, hint });
  });

  it('a Docker config that is no JSON', async () => {
    const file = await write('.docker/config.json', '{');
    expect(await findEngine(inHome())).toMatchObject({
      why: expect.stringContaining(`Docker's ${file} cannot be read`),
    });
  });

  it('something else that answers', async () => {
    const server = await serve(createServer((_request, answer) => answer.end('<html>')));
    const { port } = server.address() as { port: number };
    const found = await findEngine(inHome({ DOCKER_HOST: `tcp://127.0.0.1:${port}` }));
    expect(found.tried[0]?.said).toContain('not valid JSON');
  });

  it('one that takes the call and says nothing', async () => {
    const server = await serve(createServer(() => undefined));
    const { port } = server.address() as { port: number };
    const found = await findEngine(inHome({ DOCKER_HOST: `tcp://127.0.0.1:${port}` }));
    expect(found).toMatchObject({ why: expect.stringContaining('no answer within 2 s') });
  });

  it('one that is broken tells what it says', async () => {
    const server = await serve(
      createServer((_request, answer) => answer.writeHead(503).end('Docker Desktop is manually paused.')),
    );
    const { port } = server.address() as { port: number };
    const found = await findEngine(inHome({ DOCKER_HOST: `tcp://127.0.0.1:${port}` }));
    expect(found).toMatchObject({
      why: expect.stringContaining('does not answer: Docker Desktop is manually paused.'),
    });
  });
});

async function serve(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  undo.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return server;
}

describeWith('docker', () => {
  const engineAt = async (path: string) => {
    await mkdir(dirname(path), { recursive: true });
    const way = await createWay(path, usualPath);
    undo.push(way.close);
  };

  it('the engine of this machine is found at its usual socket', async () => {
    const found = await connect(inHome());
    expect(found).toMatchObject({ engine: { info: { foundBy: 'the usual socket of Docker', product: 'Docker' } } });
  });

  it('all that answer are told, with what the others said', async () => {
    await engineAt(join(home, '.rd/docker.sock'));
    const search = await findEngine(inHome(), { all: true });
    expect(search).toMatchObject({
      found: [{ foundBy: 'the usual socket of Docker' }, { foundBy: 'the usual socket of Rancher Desktop' }],
    });
    expect(search.tried.find(({ address }) => address.endsWith('/.colima/docker.sock'))?.said).toBe('not there');
  });

  it('one that a context names is spoken with', async () => {
    await engineAt(join(home, 'own.sock'));
    await writeContext('own', { Host: `unix://${home}/own.sock` });
    const found = await connect(inHome({ DOCKER_CONTEXT: 'own' }));
    expect(found).toMatchObject({
      engine: { info: { address: `unix://${home}/own.sock`, foundBy: 'the context own' } },
    });
  });

  it('one that wants certificates is reached with them, by DOCKER_HOST and by a context', async () => {
    const { address, folder } = await startEncrypted();
    const known = { DOCKER_HOST: address, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
    expect(await connect(inHome(known))).toMatchObject({ engine: { info: { address, foundBy: 'DOCKER_HOST' } } });
    expect(await connect(inHome({ DOCKER_HOST: address, DOCKER_TLS_VERIFY: '1' }))).toMatchObject({
      why: expect.stringMatching(/certificate/),
    });
    await writeContext('safe', { Host: address });
    for (const name of ['ca', 'cert', 'key']) {
      await write(
        `${contextFolder('tls', 'safe')}/docker/${name}.pem`,
        await readFile(join(folder, `${name}.pem`), 'utf8'),
      );
    }
    expect(await connect(inHome({ DOCKER_CONTEXT: 'safe' }))).toMatchObject({ engine: { info: { place: 'here' } } });
  });

  /** The engine behind an encrypted port that wants to know its clients. */
  async function startEncrypted() {
    const folder = join(home, 'certificates');
    await mkdir(folder);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-keyout',
      'key.pem',
      '-out',
      'cert.pem',
      ...subject,
    );
    const [key, cert] = [await readFile(join(folder, 'key.pem')), await readFile(join(folder, 'cert.pem'))];
    await writeFile(join(folder, 'ca.pem'), cert);
    const server = createEncrypted(
      { key, cert, ca: cert, requestCert: true, rejectUnauthorized: true },
      () => undefined,
    );
    server.removeAllListeners('secureConnection');
    server.on('secureConnection', (near: Socket) => {
      const far = dial(usualPath);
      near.on('error', () => far.destroy()).pipe(far);
      far.on('error', () => near.destroy()).pipe(near);
      undo.push(async () => near.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    undo.push(async () => server.close());
    return { address: `tcp://127.0.0.1:${(server.address() as { port: number }).port}`, folder };
  }
});

it('a socket that this user may not use is told, with how to mend it', async () => {
  const path = join(home, 'closed.sock');
  const way = await createWay(path, usualPath);
  undo.push(way.close);
  await chmod(home, 0o755);
  await chmod(path, 0);
  const root = process.geteuid?.() === 0;
  // Root may use everything.
  if (root) process.seteuid?.(65_534);
  try {
    expect(await findEngine(inHome({ DOCKER_HOST: `unix://${path}` }))).toMatchObject({
      why: `You may not use the container engine at unix://${path}.`,
      hint: expect.stringContaining('usermod -aG docker'),
    });
  } finally {
    if (root) process.seteuid?.(0);
  }
});
