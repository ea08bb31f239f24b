import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { pageOf } from '../clients/page.ts';
import { type Program, patience, startProgram } from '../program.ts';

let program: Program;
beforeAll(async () => {
  program = await startProgram({ args: ['--oidc-dev'] });
});
afterAll(() => program?.stop());

const part = (token: string, index: number): Record<string, string> =>
  JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString());

/** The token that `cluster add -t` is given. */
async function refreshTokenOf(user: string): Promise<string> {
  const { stdout, code } = await program.command(['credentials', '--user', user, '--json']);
  expect(code).toBe(0);
  return (JSON.parse(stdout) as { refreshToken: string }).refreshToken;
}

/** How oscar-cli comes to a bearer: all it knows is what the refresh token says of itself. */
async function exchanged(refreshToken: string) {
  const { iss = '', scope = '', azp = '' } = part(refreshToken, 1);
  const form = { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: azp, scope };
  const url = `${iss}/protocol/openid-connect/token`;
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
  return { status: answer.status, answer: (await answer.json()) as Record<string, string> };
}

type Asked = RequestInit & { duplex?: 'half' };
async function as(user: string) {
  const { answer } = await exchanged(await refreshTokenOf(user));
  return async (path: string, init: Asked = {}) => {
    const headers = { authorization: `Bearer ${answer.access_token}` };
    const got = await fetch(program.status.api + path, { ...init, headers });
    return [got.status, await got.text()] as const;
  };
}

/** Base64 in pieces, as a Go client streams it. */
const streamed = (text: string): Asked => ({
  method: 'POST',
  body: new Blob([Buffer.from(text).toString('base64')]).stream(),
  duplex: 'half',
});

describe('oscar-cli with a refresh token', () => {
  it('reads from it where to go, and gets a new bearer each time', async () => {
    const token = await refreshTokenOf('alice');
    expect(part(token, 0)).toMatchObject({ alg: expect.any(String) });
    expect(part(token, 1)).toMatchObject({
      iss: program.status.oidc?.issuer,
      azp: expect.stringMatching(/./),
      scope: expect.stringMatching(/(^| )openid( |$)/),
    });
    for (let i = 0; i < 3; i += 1) {
      const { status, answer } = await exchanged(token);
      expect([status, answer.token_type]).toEqual([200, 'Bearer']);
      expect(part(answer.access_token ?? '', 1)).toMatchObject({ sub: 'alice@sandbox' });
    }
  });

  it('is refused with one that is not whole', async () => {
    const token = await refreshTokenOf('alice');
    const { status, answer } = await exchanged(`${token.slice(0, -6)}AAAAAA`);
    expect([status, answer.error]).toEqual([400, 'invalid_grant']);
  });

  it('applies, runs, queues and reads logs as its user, and deletes', async () => {
    const [alice, bob] = [await as('alice'), await as('bob')];
    expect(await alice('/system/services')).toEqual([200, '[]']);
    expect((await alice('/system/services/mine'))[0]).toBe(404);
    const service = { name: 'mine', image: 'alpine', script: '#!/bin/sh\ntr a-z A-Z < "$INPUT_FILE_PATH"\n' };
    const more = { allowed_users: null, labels: null, clusters: {}, storage_providers: { minio: {} }, owner: '' };
    const body = JSON.stringify({ ...service, ...more });
    expect(await alice('/system/services', { method: 'POST', body })).toEqual([201, '']);
    expect(await alice('/system/services', { method: 'PUT', body })).toEqual([204, '']);
    // 2.x calls with the bearer, and never looks for the token of the service.
    expect(await alice('/run/mine', streamed('streamed'))).toEqual([200, 'STREAMED\n']);
    expect(await alice('/job/mine', streamed('later'))).toEqual([201, '']);
    const job = await vi.waitFor(async () => {
      const { jobs } = JSON.parse((await alice('/system/logs/mine?page='))[1]) as { jobs: Record<string, Job> };
      const [name, one] = Object.entries(jobs)[0] ?? [];
      expect(one?.status).toBe('Succeeded');
      return name;
    }, patience);
    expect((await alice(`/system/logs/mine/${job}`))[1]).toContain('LATER');
    expect((await bob('/system/services/mine'))[0]).toBe(403);
    expect((await bob('/run/mine', streamed('x')))[0]).toBe(404);
    expect((await bob(`/system/logs/mine/${job}`))[0]).toBe(403);
    expect(await alice('/system/services/mine', { method: 'DELETE' })).toEqual([204, '']);
  });

  it('puts and gets files with the keys of its user, which open nothing else', async () => {
    const [alice, bob] = [await as('alice'), await as('bob')];
    const bucket = JSON.stringify({ bucket_name: 'hers' });
    expect(await alice('/system/buckets', { method: 'POST', body: bucket })).toEqual([201, '']);
    const clients = await Promise.all([alice, bob].map(async (ask) => s3Of((await ask('/system/config'))[1])));
    const [hers, his] = clients as [S3Client, S3Client];
    const where = { Bucket: 'hers', Key: 'dir/a.txt' };
    await hers.send(new PutObjectCommand({ ...where, Body: 'kept' }));
    expect(await (await hers.send(new GetObjectCommand(where))).Body?.transformToString()).toBe('kept');
    await expect(his.send(new GetObjectCommand(where))).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(his.send(new ListObjectsV2Command({ Bucket: 'hers' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    for (const client of clients) client.destroy();
    expect(await alice('/system/buckets/hers', { method: 'DELETE' })).toEqual([204, '']);
  });
});

describe('the dashboard with a user', () => {
  const page = pageOf('http://localhost:5173');

  it('gets a token of the issuer across origins, and all that it needs at first', async () => {
    const { issuer, users } = program.status.oidc ?? {};
    const password = users?.find(({ name }) => name === 'bob')?.password ?? '';
    const form = { grant_type: 'password', client_id: 'oscar-dashboard', username: 'bob', password };
    const answer = await page(`${issuer}/protocol/openid-connect/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    const headers = { authorization: `Bearer ${(JSON.parse(answer.text) as { access_token: string }).access_token}` };
    const read = async (path: string) => JSON.parse((await page(program.status.api + path, { headers })).text);
    expect(await read('/system/info')).toMatchObject({ version: expect.stringMatching(/^v4\.1\./) });
    expect(await read('/system/config')).toMatchObject({
      config: { oidc_groups: expect.any(Array) },
      minio_provider: {
        access_key: 'bob@sandbox',
        secret_key: expect.stringMatching(/./),
        endpoint: program.status.s3,
      },
    });
    expect(await read('/system/services')).toEqual([]);
    expect(await read('/system/buckets')).toEqual([]);
    expect(await read('/system/volumes')).toEqual([]);
    expect(await read('/system/quotas/user')).toMatchObject({ user_id: 'bob@sandbox', volumes: {}, minio: {} });
    expect(await read('/system/status')).toMatchObject({ oscar: { jobs_count: 0, oidc: { issuers: [issuer] } } });
    const calls = await page(`${program.status.api}/system/logs`, { headers });
    expect(calls.status).toBe(403);
  });
});

interface Job {
  status: string;
}

function s3Of(config: string): S3Client {
  const { minio_provider: given } = JSON.parse(config) as { minio_provider: Record<string, string> };
  const { endpoint = '', region = '', access_key = '', secret_key = '' } = given;
  const credentials = { accessKeyId: access_key, secretAccessKey: secret_key };
  return new S3Client({ endpoint, region, forcePathStyle: true, credentials });
}
