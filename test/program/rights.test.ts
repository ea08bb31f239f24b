import { GetObjectCommand, ListBucketsCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { clientOf, failureOf } from '../objects/embedded/world.ts';
import { type Program, patience, startProgram } from '../program.ts';

interface User {
  uid: string;
  s3: S3Client;
  ask(
    path: string,
    init?: { method?: string; json?: object; body?: string },
  ): Promise<{ status: number; text: string }>;
}

let program: Program;
let alice: User;
let bob: User;

beforeAll(async () => {
  program = await startProgram({ args: ['--oidc-dev'], executor: 'local' });
  alice = await comes('alice');
  bob = await comes('bob');
});
afterAll(async () => {
  for (const user of [alice, bob]) user?.s3.destroy();
  await program.stop();
});

async function comes(name: string): Promise<User> {
  const { api, s3, oidc } = program.status;
  const { uid = '', password = '' } = oidc?.users.find((one) => one.name === name) ?? {};
  const form = { grant_type: 'password', client_id: 'oscar-cli', username: name, password };
  const answer = await fetch(`${oidc?.issuer}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  const ask: User['ask'] = async (path, { method = 'GET', json, body } = {}) => {
    const headers = { Authorization: `Bearer ${access_token}` };
    const content = json ? JSON.stringify(json) : body;
    const got = await fetch(api + path, { method, headers, ...(content === undefined ? {} : { body: content }) });
    return { status: got.status, text: await got.text() };
  };
  const { minio_provider: keys } = JSON.parse((await ask('/system/config')).text) as {
    minio_provider: { access_key: string; secret_key: string };
  };
  const credentials = { accessKeyId: keys.access_key, secretAccessKey: keys.secret_key };
  return { uid, ask, s3: clientOf(s3, { credentials }) };
}

const io = (path: string) => [{ storage_provider: 'minio.default', path }];
const upper = (name: string, more: object = {}) => ({
  name,
  image: 'docker.io/library/alpine',
  script: '#!/bin/sh\ntr a-z A-Z < "$INPUT_FILE_PATH" | tee "$TMP_OUTPUT_DIR/out.txt"\n',
  ...more,
});
const declare = async ({ ask }: User, name: string, more: object = {}) =>
  expect(await ask('/system/services', { method: 'POST', json: upper(name, more) })).toEqual({ status: 201, text: '' });
const put = ({ s3 }: User, Bucket: string, Key: string, Body: string) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const get = async ({ s3 }: User, Bucket: string, Key: string) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();
const jobsOf = async ({ ask }: User, service: string) =>
  Object.keys((JSON.parse((await ask(`/system/logs/${service}`)).text) as { jobs: object }).jobs).length;
/** An event that nobody but its sender knows of. */
const madeUp = (bucket: string, key: string) => ({
  Records: [
    {
      eventSource: 'minio:s3',
      eventTime: '2026-01-01T00:00:00Z',
      s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key) } },
    },
  ],
});

it('an upload of a user starts their service, whose result only they read', async () => {
  await declare(alice, 'hers', { input: io('hers/in'), output: io('hers/out') });
  await put(alice, 'hers', 'in/a.txt', 'hello');
  await vi.waitFor(async () => expect(await get(alice, 'hers', 'out/out.txt')).toBe('HELLO'), patience);
  expect(await jobsOf(alice, 'hers')).toBe(1);
  expect((await bob.ask('/system/services/hers')).status).toBe(403);
  expect((await bob.ask('/run/hers', { method: 'POST', body: 'x' })).status).toBe(404);
  expect((await bob.ask('/system/logs/hers')).status).toBe(403);
  expect((await bob.ask('/system/buckets/hers')).status).toBe(403);
  expect((await failureOf(get(bob, 'hers', 'out/out.txt'))).name).toBe('AccessDenied');
  expect((await failureOf(put(bob, 'hers', 'in/b.txt', 'x'))).name).toBe('AccessDenied');
  expect((await bob.s3.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
});

it('no event that a user makes up has a service read for them what they may not read', async () => {
  await declare(bob, 'thief', { output: io('loot/out') });
  await declare(alice, 'open', { visibility: 'public' });
  const run = (user: User, service: string) =>
    user.ask(`/run/${service}`, { method: 'POST', json: madeUp('hers', 'in/a.txt') });
  for (const service of ['thief', 'open']) {
    const { status, text } = await run(bob, service);
    expect([status, text]).toEqual([500, expect.stringMatching(`${service} may not use the bucket hers`)]);
  }
  expect(await run(alice, 'open')).toEqual({ status: 200, text: 'HELLO\n' });
  const wrapped = { method: 'POST', json: { event: JSON.stringify(madeUp('hers', 'in/a.txt')) } };
  expect((await bob.ask('/run/thief', wrapped)).status).toBe(500);
  const { text } = await bob.ask('/system/buckets/loot');
  expect((JSON.parse(text) as { objects: object[] }).objects).toMatchObject([{ object_name: 'out/' }]);
  expect(await bob.ask('/run/open', { method: 'POST', body: 'x-y' })).toEqual({
    status: 200,
    text: `${Buffer.from('X-Y').toString('base64')}\n`,
  });
});

it('a service keeps the files of its users apart', async () => {
  await declare(alice, 'apart', {
    visibility: 'restricted',
    isolation_level: 'USER',
    allowed_users: [bob.uid],
    input: io('apart/in'),
    output: io('apart/out'),
  });
  const bucket = 'apart-bob-sandbo';
  await put(bob, bucket, 'in/b.txt', 'bobs');
  await vi.waitFor(async () => expect(await get(bob, bucket, 'out/out.txt')).toBe('BOBS'), patience);
  expect((await failureOf(get(alice, bucket, 'out/out.txt'))).name).toBe('AccessDenied');
  expect([await jobsOf(bob, 'apart'), await jobsOf(alice, 'apart')]).toEqual([1, 0]);
  const made = { method: 'POST', json: madeUp(bucket, 'in/b.txt') };
  expect((await alice.ask('/run/apart', made)).text).toMatch(`apart may not use the bucket ${bucket}`);
});
