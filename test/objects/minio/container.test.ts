import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import * as aws from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openEngine } from '../../../src/engine/docker.ts';
import type { Engine } from '../../../src/engine/engine.ts';
import { removeLabelled } from '../../../src/engine/labelled.ts';
import { usualSocket } from '../../../src/engine/places.ts';
import { silent } from '../../../src/log.ts';
import { createContainer } from '../../../src/objects/minio/container.ts';
import { createMinio } from '../../../src/objects/minio/minio.ts';
import { describeWith } from '../../clients/installed.ts';
import { bucketsContract } from '../../contracts/buckets.ts';
import { clientOf, keys } from '../embedded/world.ts';
import { createWorld, freePort, type Opening, patience, type World } from './world.ts';

const image = 'quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z';
const Bucket = 'inbox';

describeWith('minio', (program) => {
  describeWith('docker', (docker) => {
    let engine: Engine;
    let id: string;
    beforeAll(async () => {
      engine = await openEngine({ at: usualSocket, credentialsFor: async () => undefined });
    });
    beforeEach(() => {
      id = randomBytes(6).toString('hex');
    });
    const clear = (one: string) => removeLabelled(engine, { 'oscar-sandbox.data': one });
    const inContainer =
      (one: string): Opening =>
      (parts) =>
        createMinio({ ...parts, keys, machine: createContainer({ engine, id: one, image, log: parts.log }) });
    const containers = (one = id) => engine.list({ 'oscar-sandbox.data': one });
    const portOf = (world: World) => Number(new URL(world.objects.endpoint().url).port);

    describe('in a container', () => {
      const one = randomBytes(6).toString('hex');
      afterAll(() => clear(one));
      bucketsContract('MinIO in a container', async () => {
        const world = await createWorld(program, inContainer(one));
        return { buckets: world.objects, close: world.close };
      });
    });

    describe('its life', () => {
      let world: World;
      beforeEach(async () => {
        world = await createWorld(program, inContainer(id));
        await world.declare('grayify');
        await world.objects.create(Bucket, {});
        await world.objects.subscribe('grayify', [
          { bucket: Bucket, service: 'grayify', events: ['s3:ObjectCreated:*'], prefix: 'in/', suffix: '' },
        ]);
      });
      afterEach(async () => {
        await world.close();
        await clear(id);
      });

      const put = async (Key: string) => {
        const s3 = clientOf(world.objects.endpoint().url);
        await s3.send(new aws.PutObjectCommand({ Bucket, Key, Body: 'x' }));
        s3.destroy();
      };
      const heard = () => world.heard.map(({ event }) => event.key).sort();

      it('goes on while we are away, keeps what happens meanwhile, and is taken up again', async () => {
        await put('in/a');
        expect(heard()).toEqual(['in/a']);
        const before = await containers();
        await world.down();
        await put('in/b');
        await world.up();
        await vi.waitFor(() => expect(heard()).toEqual(['in/a', 'in/b']), patience);
        expect(await containers()).toEqual(before);
      });

      it('is started again when it was stopped', async () => {
        const [before] = await containers();
        await world.down();
        await engine.kill(before?.id ?? '');
        await vi.waitFor(async () => expect((await containers())[0]?.state).toBe('exited'), patience);
        await world.up();
        expect((await containers())[0]).toMatchObject({ id: before?.id, state: 'running' });
        await put('in/a');
        await vi.waitFor(() => expect(heard()).toEqual(['in/a']), patience);
      });

      it('is made anew on the same volumes when another port is asked for', async () => {
        await put('in/a');
        const [before] = await containers();
        await world.down();
        const port = await freePort();
        await world.up(port);
        expect(portOf(world)).toBe(port);
        const [after, ...others] = await containers();
        expect(others).toEqual([]);
        expect(after?.id).not.toBe(before?.id);
        expect((await world.objects.objects(Bucket, { limit: 10 })).objects.map(({ key }) => key)).toEqual(['in/a']);
        await put('in/b');
        await vi.waitFor(() => expect(heard()).toEqual(['in/a', 'in/b']), patience);
      });

      it('goes on where it is when the port that is asked for is in use', async () => {
        const busy = createServer();
        const port = await new Promise<number>((resolve) => {
          busy.listen(0, '127.0.0.1', () => resolve((busy.address() as { port: number }).port));
        });
        try {
          const before = await containers();
          await world.down();
          await expect(world.up(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
          expect(await containers()).toEqual(before);
          await world.objects.listen('127.0.0.1', 0);
          expect(await containers()).toEqual(before);
        } finally {
          busy.close();
        }
      });

      it('shows no secret to those who inspect it', async () => {
        const [container] = await containers();
        const shown = execFileSync(docker, ['inspect', container?.id ?? ''], { encoding: 'utf8' });
        const { token } = world.store.settings.get('minio-events', { token: '' });
        expect(token).not.toBe('');
        expect(shown).not.toContain(token);
        expect(shown).not.toContain(keys.secretKey);
        expect(shown).toContain('MINIO_CONFIG_ENV_FILE');
      });

      it('leaves the MinIO of another sandbox alone', async () => {
        const other = randomBytes(6).toString('hex');
        const neighbour = await createWorld(program, inContainer(other));
        try {
          expect(portOf(neighbour)).not.toBe(portOf(world));
          expect(await neighbour.objects.find(Bucket)).toBeUndefined();
          await neighbour.close();
          await clear(other);
          expect(await containers(other)).toEqual([]);
          expect(await world.objects.find(Bucket)).toBeDefined();
        } finally {
          await clear(other);
        }
      });
    });

    it('a MinIO that ends at its start is told of with what it said', async () => {
      const machine = createContainer({ engine, id, image, log: silent });
      const settings = { MINIO_ROOT_USER: 'minio', MINIO_ROOT_PASSWORD: 'short' };
      try {
        await expect(machine.run(settings, { host: '127.0.0.1', port: 0 })).rejects.toMatchObject({
          message: 'MinIO has ended while it started.',
          hint: expect.stringMatching(/^It said: .*credentials/s),
        });
      } finally {
        await clear(id);
      }
    });

    it('an image that is no MinIO is told of, and leaves no container', async () => {
      const opening: Opening = (parts) => {
        const machine = createContainer({ engine, id, image: 'busybox:latest', log: parts.log });
        return createMinio({ ...parts, keys, machine });
      };
      try {
        await expect(createWorld(program, opening)).rejects.toMatchObject({
          message: 'The image busybox:latest cannot be started as MinIO.',
          hint: expect.stringContaining('executable file not found'),
        });
        expect(await containers()).toEqual([]);
      } finally {
        await clear(id);
      }
    });
  });
});
