import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialsOf } from '../../src/engine/credentials.ts';
import { openEngine } from '../../src/engine/docker.ts';
import { usualSocket } from '../../src/engine/places.ts';
import { available, describeWith } from '../clients/installed.ts';
import { docker } from '../docker.ts';
import { createFolder, createWay, openPlace, type Place } from './place.ts';
import { authOf, push, reader, startRegistry, writeConfig } from './registry.ts';

const ignored = () => undefined;

describeWith('docker-registry', (program) => {
  // Both are there, or the registry is of no use.
  if (!available('docker')) return describe.skip('without a container engine');
  let place: Place;
  let folder: Awaited<ReturnType<typeof createFolder>>;
  let open: Awaited<ReturnType<typeof startRegistry>>;
  let closed: Awaited<ReturnType<typeof startRegistry>>;
  const made: string[] = [];
  /** Of its own in each run, so that it is never there already. */
  let image: string;

  beforeAll(async () => {
    place = await openPlace();
    folder = await createFolder();
    open = await startRegistry({ program, folder: join(folder.path, 'open') });
    closed = await startRegistry({ program, folder: join(folder.path, 'closed'), closed: true });
    image = place.name('image');
    const id = await place.create('/bin/sh', '-c', `head -c 3000000 /dev/urandom >/${image}`);
    await place.engine.start(id);
    await place.engine.ended(id, 'not-running');
    docker('commit', id, image);
    made.push(image);
    const config = await writeConfig(join(folder.path, 'pusher'), {
      auths: { [closed.name]: authOf(reader.name, reader.password) },
    });
    push(image, `${open.name}/${image}:1`);
    push(image, `${closed.name}/${image}:1`, config);
    await place.engine.remove(id);
    forget();
  });
  /** The next pull brings all of it anew. */
  const forget = () => {
    for (const name of made.splice(0)) docker('rmi', '-f', name);
  };
  afterAll(async () => {
    await place.close();
    forget();
    await Promise.all([open.stop(), closed.stop()]);
    await folder.remove();
  });

  /** As a user with this Docker config. */
  const engineOf = async (config: object) => {
    const home = await createFolder();
    await writeConfig(join(home.path, '.docker'), config);
    const credentialsFor = credentialsOf({ environment: { PATH: join(home.path, 'bin') }, home: home.path });
    return { engine: await openEngine({ at: usualSocket, credentialsFor }), remove: home.remove };
  };
  const pullAs = async (config: object, reference: string) => {
    const { engine, remove } = await engineOf(config);
    const lines: string[] = [];
    try {
      await engine.pull(reference, (line) => lines.push(line));
      made.push(reference);
      return lines;
    } finally {
      await remove();
    }
  };

  it('an image is pulled, and its progress told from the first line to the last', async () => {
    const reference = `${open.name}/${image}:1`;
    expect(await place.engine.image(reference)).toBeUndefined();
    const lines = await pullAs({}, reference);
    expect([lines[0], lines.at(-1)]).toEqual([`pulling ${reference}`, `pulled ${reference}`]);
    expect(await place.engine.image(reference)).toBeDefined();
  });

  it('a private image comes with the credentials of the Docker config, and only with them', async () => {
    const reference = `${closed.name}/${image}:1`;
    const refused = {
      code: 'forbidden',
      message: `The registry ${closed.name} does not give the image ${reference}: it is private, or is not there.`,
      hint: `Check its name, or log in: docker login ${closed.name}`,
    };
    await expect(pullAs({}, reference)).rejects.toMatchObject(refused);
    await expect(pullAs({ auths: { [closed.name]: authOf('reader', 'wrong') } }, reference)).rejects.toMatchObject(
      refused,
    );
    await pullAs({ auths: { [`http://${closed.name}/v1/`]: authOf(reader.name, reader.password) } }, reference);
    expect(await place.engine.image(reference)).toBeDefined();
  });

  it('a credential helper that is missing is told: at once, and with the refusal', async () => {
    const trouble =
      'The credential helper docker-credential-nowhere of your Docker config fails: it is not on the PATH.';
    const lines = await pullAs({ credsStore: 'nowhere' }, `${open.name}/${image}:1`);
    expect(lines).toContain(`${trouble} Pulling without credentials.`);
    await expect(pullAs({ credsStore: 'nowhere' }, `${closed.name}/${image}:2`)).rejects.toMatchObject({
      hint: expect.stringContaining(trouble),
    });
  });

  it.each([
    ['a tag', () => `${image}:missing`],
    ['an image', () => 'nobody/made-this:1'],
  ])('%s that is missing is told', async (_what, name) => {
    const reference = `${open.name}/${name()}`;
    await expect(place.engine.pull(reference, ignored)).rejects.toMatchObject({
      code: 'not-found',
      message: `The registry ${open.name} has no image ${reference}.`,
    });
  });

  it('a registry that is not there is told', async () => {
    await expect(place.engine.pull('127.0.0.1:1/some/image', ignored)).rejects.toMatchObject({
      code: 'unavailable',
      message:
        '127.0.0.1:1/some/image was not pulled: the registry 127.0.0.1:1 does not answer: dial tcp 127.0.0.1:1: connect: connection refused.',
    });
  });

  it('a registry that goes away in mid-pull is waited for, which is told; the pull can be stopped', async () => {
    forget();
    const way = await createWay({ port: 0, host: '127.0.0.1' }, { port: open.port, host: '127.0.0.1' });
    const reference = `127.0.0.1:${way.port()}/${image}:1`;
    // What says what it is made of comes through, its largest part does not.
    way.allow((sent) => !sent.includes(`/v2/${image}/blobs/`));
    const stop = new AbortController();
    const lines: string[] = [];
    const pulling = place.engine.pull(
      reference,
      (line) => {
        lines.push(line);
        if (line.includes('waited for')) stop.abort();
      },
      stop.signal,
    );
    await expect(pulling).rejects.toMatchObject({
      code: 'unavailable',
      message: `The pull of ${reference} was stopped.`,
    });
    expect(lines.at(-1)).toMatch(/^pulling .*: \d of \d layers?.*, the registry is waited for$/);
    await way.close();
  });

  it('a pull that is stopped before it begins asks nobody', async () => {
    const lines: string[] = [];
    await expect(
      place.engine.pull(`${open.name}/${image}:1`, (line) => lines.push(line), AbortSignal.abort()),
    ).rejects.toMatchObject({ message: `The pull of ${open.name}/${image}:1 was stopped.` });
    expect(lines).toEqual([]);
  });
});
