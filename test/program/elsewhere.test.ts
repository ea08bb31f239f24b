import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { InvocationView } from '../../src/api/protocol.ts';
import { describeWith } from '../clients/installed.ts';
import { freePort } from '../objects/minio/world.ts';
import { type Program, patience, startProgram } from '../program.ts';

// Another sandbox is any S3 server, and rclone any WebDAV server.
describeWith('rclone', (rclone) => {
  let folder: string;
  let other: Program;
  let program: Program;
  let server: ChildProcess;
  let hostname: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    const address = `127.0.0.1:${await freePort()}`;
    hostname = `http://${address}`;
    const who = ['--user', 'me', '--pass', 'secret'];
    server = spawn(rclone, ['serve', 'webdav', folder, '--addr', address, ...who], { stdio: 'ignore' });
    await vi.waitFor(() => fetch(hostname), patience);
    other = await startProgram({ executor: 'local' });
    program = await startProgram({ executor: 'local', env: { AWS_ENDPOINT_URL_S3: other.status.s3 } });
  });
  afterAll(async () => {
    server?.kill();
    await program?.stop();
    await other?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const keys = () => ({ access_key: other.status.accessKey, secret_key: other.status.secretKey });
  const providers = () => ({
    minio: { edge: { endpoint: other.status.s3, verify: false, region: 'us-east-1', ...keys() } },
    s3: { mine: { region: 'us-east-1', ...keys() } },
    webdav: { dcache: { hostname, login: 'me', password: 'secret' } },
  });
  const declare = async (service: object) => {
    const body = JSON.stringify({ image: 'busybox', ...service });
    const answer = await program.call('/system/services', { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([201, '']);
  };
  const ended = (service: string) =>
    vi.waitFor(async () => {
      const answer = await program.call(`/sandbox/invocations?service=${service}`);
      const [one] = (await answer.json()) as InvocationView[];
      if (!one?.finishedAt) throw new Error(`${service} has not ended.`);
      return one;
    }, patience);

  it('stores outputs in MinIO, S3 and WebDAV elsewhere, and makes what they go into', async () => {
    await declare({
      name: 'spread',
      script: 'mkdir "$TMP_OUTPUT_DIR/sub"; tr a-z A-Z < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/sub/loud.txt"\n',
      storage_providers: providers(),
      input: [{ storage_provider: 'minio.default', path: 'spread/in' }],
      output: [
        { storage_provider: 'minio.default', path: 'spread/out' },
        { storage_provider: 'minio.edge', path: 'edge/results' },
        { storage_provider: 's3.mine', path: 'mine/out' },
        { storage_provider: 'webdav.dcache', path: 'a/b' },
      ],
    });
    await program.put('spread/in/word.txt', 'word\n');
    expect(await ended('spread')).toMatchObject({ state: 'Succeeded' });
    const places = ['spread/out/sub/loud.txt', 'edge/results/sub/loud.txt', 'mine/out/sub/loud.txt'];
    const [first, ...more] = places;
    expect(await program.get(first ?? '')).toBe('WORD\n');
    for (const place of more) expect(await other.get(place)).toBe('WORD\n');
    expect(readFileSync(join(folder, 'a/b/sub/loud.txt'), 'utf8')).toBe('WORD\n');
  });

  it('reads the file of an event that is in a store elsewhere', async () => {
    await declare({ name: 'reader', script: 'cat "$INPUT_FILE_PATH"\n', storage_providers: providers() });
    await other.call('/system/buckets', { method: 'POST', body: '{"bucket_name":"far"}' });
    await other.put('far/in/a b.txt', 'from afar');
    const record = { eventSource: 'minio:s3', s3: { bucket: { name: 'far' }, object: { key: 'in%2Fa+b.txt' } } };
    const event = JSON.stringify({ Records: [record] });
    const body = JSON.stringify({ storage_provider: 'minio.edge', event });
    const answer = await program.call('/run/reader', { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([200, 'from afar\n']);
  });

  it('reads the file of an event of dCache', async () => {
    const headers = { Authorization: `Basic ${Buffer.from('me:secret').toString('base64')}` };
    await fetch(`${hostname}/arrived`, { method: 'MKCOL', headers });
    const stored = await fetch(`${hostname}/arrived/a%20b.txt`, { method: 'PUT', headers, body: 'from dCache' });
    expect(stored.status).toBe(201);
    const input = [{ storage_provider: 'webdav.dcache', path: 'arrived' }];
    await declare({ name: 'dav', script: 'cat "$INPUT_FILE_PATH"\n', storage_providers: providers(), input });
    const body = '{"event":{"name":"a b.txt","mask":["IN_CREATE"]},"subscription":"https://dcache.example.org"}';
    const answer = await program.call('/run/dav', { method: 'POST', body });
    expect([answer.status, await answer.text()]).toEqual([200, 'from dCache\n']);
  });

  const webdav = (more: object) => ({ webdav: { dcache: { hostname, login: 'me', password: 'secret', ...more } } });
  it.each<[what: string, store: string, providers: () => object, sentence: () => string]>([
    [
      'a wrong password',
      'webdav.dcache',
      () => webdav({ password: 'wrong' }),
      () =>
        `Storing webdav.dcache over/there/f failed: The WebDAV server of webdav.dcache (${hostname}) refuses the login and the password.`,
    ],
    [
      'a server that is not there',
      'webdav.dcache',
      () => webdav({ hostname: 'http://127.0.0.1:1' }),
      () =>
        'Storing webdav.dcache over/there/f failed: The WebDAV server of webdav.dcache (http://127.0.0.1:1) does not answer: ',
    ],
    [
      'a key that is missing',
      's3.mine',
      () => ({ s3: { mine: { access_key: 'k' } } }),
      () => 'Storing s3.mine over/there/f failed: The storage provider s3.mine of it-is-so has no secret_key.',
    ],
    [
      'a wrong key',
      'minio.edge',
      () => ({ minio: { edge: { endpoint: other.status.s3, access_key: 'nobody', secret_key: 'x' } } }),
      () => `Storing minio.edge over/there/f failed: The store at ${other.status.s3} does not know the access key.`,
    ],
    [
      'a kind that is not spoken to',
      'onedata.my',
      () => ({ onedata: { my: { oneprovider_host: 'h', token: 't', space: 's' } } }),
      () => 'Storing onedata.my over/there/f failed: OSCAR Sandbox speaks to no store like onedata.my.',
    ],
  ])('fails an invocation that stores into %s with a sentence', async (_, store, storage_providers, sentence) => {
    const output = [{ storage_provider: store, path: 'over/there' }];
    const script = 'echo x > "$TMP_OUTPUT_DIR/f"\n';
    await declare({ name: 'it-is-so', script, storage_providers: storage_providers(), output });
    const answer = await program.call('/job/it-is-so', { method: 'POST', body: 'x' });
    expect(answer.status).toBe(201);
    const { state, reason } = await ended('it-is-so');
    expect([state, reason?.slice(0, sentence().length)]).toEqual(['Failed', sentence()]);
    await program.call('/system/services/it-is-so', { method: 'DELETE' });
  });
});
