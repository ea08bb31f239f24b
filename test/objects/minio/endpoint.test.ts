import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as aws from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEndpoint } from '../../../src/objects/minio/endpoint.ts';
import { describeWith } from '../../clients/installed.ts';
import { bucketsContract } from '../../contracts/buckets.ts';
import { keys } from '../embedded/world.ts';
import { createWorld, freePort, type Opening, patience, type World } from './world.ts';

const Bucket = 'inbox';
const to = (service: string, prefix: string) => ({
  bucket: Bucket,
  service,
  events: ['s3:ObjectCreated:*'],
  prefix,
  suffix: '',
});

/** A MinIO that somebody else runs. */
const asEndpoint: Opening = (parts, { url }) => createEndpoint(parts, { kind: 'endpoint', url, ...keys });

/** The same store, but in front of it something that knows no call to listen, as other stores. */
async function createDeaf(url: () => string): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const { port } = new URL(url());
    const path = (request.url ?? '').includes('events=') ? '/minio/health/live' : request.url;
    const onward = httpRequest(
      { host: '127.0.0.1', port, path, method: request.method, headers: request.headers, setHost: false },
      (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describeWith('minio', (program) => {
  const started = async (opening: Opening) => {
    const world = await createWorld(program, async (parts, minio, folder) => {
      await minio.start();
      return opening(parts, minio, folder);
    });
    await world.declare('grayify');
    return world;
  };

  bucketsContract('an endpoint that is given', async () => {
    const world = await started(asEndpoint);
    return { buckets: world.objects, close: world.close };
  });

  describe.each(['that can be listened to', 'that cannot be listened to'])('a store %s', (kind) => {
    let world: World;
    let deaf: { server: Server; url: string } | undefined;
    beforeEach(async () => {
      let behind = '';
      deaf = kind.includes('cannot') ? await createDeaf(() => behind) : undefined;
      const opening: Opening = (parts, minio) => {
        behind = minio.url;
        return createEndpoint(parts, { kind: 'endpoint', url: deaf?.url ?? minio.url, ...keys });
      };
      world = await started(opening);
      await world.objects.create(Bucket, {});
      await put('in/early');
      await world.objects.subscribe('grayify', [to('grayify', 'in/')]);
    });
    afterEach(async () => {
      await world.close();
      deaf?.server.closeAllConnections();
      deaf?.server.close();
    });

    const put = (Key: string, Body = 'x') => world.s3.send(new aws.PutObjectCommand({ Bucket, Key, Body }));
    const keysOf = () => world.heard.map(({ event }) => event.key).sort();
    const heardAre = (expected: string[]) => vi.waitFor(() => expect(keysOf()).toEqual(expected), patience);
    const jobsOf = (service: string) =>
      world.store.invocations
        .pending({ limit: 1000, except: [] })
        .filter((job) => job.service === service)
        .map(({ eventId = '' }) => world.store.events.get(eventId)?.key)
        .sort();

    it('tells of objects that arrive, and of none that were there before', async () => {
      await put('in/a b+c');
      await put('elsewhere');
      await vi.waitFor(() => expect(jobsOf('grayify')).toEqual(['in/a b+c']), patience);
      expect(world.heard.find(({ event }) => event.key === 'in/a b+c')?.event).toMatchObject({
        name: 's3:ObjectCreated:Put',
        bucket: Bucket,
        size: 1,
        etag: '9dd4e461268c8034f5c8564e155c67a6',
        contentType: 'application/octet-stream',
        principal: keys.accessKey,
      });
    });

    it('is looked through for what was uploaded while we were away, once', async () => {
      await put('in/a');
      await heardAre(['in/a']);
      await world.down();
      await put('in/b');
      await put('in/a', 'again');
      await world.up();
      await heardAre(['in/a', 'in/a', 'in/b']);
      await world.down();
      await world.up();
      await put('in/last');
      await heardAre(['in/a', 'in/a', 'in/b', 'in/last']);
      expect(jobsOf('grayify')).toEqual(['in/a', 'in/a', 'in/b', 'in/last']);
    });

    it('forgets nothing that it could take for new again', async () => {
      await put('in/a');
      await heardAre(['in/a']);
      await world.objects.tidy();
      await world.down();
      await world.up();
      await world.objects.tidy();
      await put('in/last');
      await heardAre(['in/a', 'in/last']);
    });

    it('that was restarted tells again', async () => {
      await world.minio.stop();
      await world.minio.start();
      await put('in/a');
      await heardAre(['in/a']);
    });

    it('does not trigger a service by its own output', async () => {
      await world.declare('thumbs');
      await world.objects.subscribe('thumbs', [to('thumbs', 'in/')]);
      await world.objects.put(Bucket, 'in/out', { bytes: Buffer.from('x') }, { writer: 'grayify' });
      await vi.waitFor(() => expect(jobsOf('thumbs')).toEqual(['in/out']), patience);
      expect(jobsOf('grayify')).toEqual([]);
    });

    it('has nothing to tell to a service that listens from now on, below a folder that is listened to', async () => {
      await put('in/sub/a');
      await world.declare('thumbs');
      await world.objects.subscribe('thumbs', [to('thumbs', 'in/sub/')]);
      await put('in/sub/b');
      await vi.waitFor(() => expect(jobsOf('thumbs')).toEqual(['in/sub/b']), patience);
      await vi.waitFor(() => expect(jobsOf('grayify')).toEqual(['in/sub/a', 'in/sub/b']), patience);
    });
  });

  describe('at the start', () => {
    const failure = async (choice: { url?: string; accessKey?: string; secretKey?: string }) => {
      const opening: Opening = (parts, { url }) => createEndpoint(parts, { kind: 'endpoint', url, ...keys, ...choice });
      const ended = await started(opening).catch((error: Error & { code?: string }) => error);
      if (!(ended instanceof Error)) {
        await ended.close();
        return 'It started.';
      }
      return `${ended.code}: ${ended.message.replace(/127\.0\.0\.1:\d+/g, 'HOST')}`;
    };

    it('a wrong access key is told', async () => {
      expect(await failure({ accessKey: 'another' })).toBe(
        'unavailable: The store at http://HOST does not know the access key.',
      );
    });

    it('a wrong secret key is told', async () => {
      expect(await failure({ secretKey: 'another one' })).toBe(
        'unavailable: The store at http://HOST refuses the secret key.',
      );
    });

    it('a store that is not there is told', async () => {
      const url = `http://127.0.0.1:${await freePort()}`;
      expect(await failure({ url })).toMatch(
        /^unavailable: The store at http:\/\/HOST does not answer: .*ECONNREFUSED/,
      );
    });

    it('an address where no store is, is told', async () => {
      const other = createServer((_, response) => response.end('<html>Welcome</html>'));
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      try {
        const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
        expect(await failure({ url })).toBe('unavailable: What answers at http://HOST is no store that speaks S3.');
      } finally {
        other.close();
      }
    });
  });
});
