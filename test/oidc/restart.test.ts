import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listenHttp, stopHttp } from '../../src/daemon/ports.ts';
import { createPeople } from '../../src/oidc/recognise.ts';
import { claimsIn, type Dev, heard, startDev, type Tokens } from './dev.ts';

let dev: Dev;
beforeEach(async () => {
  dev = await startDev();
});
afterEach(() => dev.remove());

const file = () => join(dev.folder, 'oidc.json');
const recognise = (token: string) =>
  createPeople({ issuers: [dev.url()], groups: [], admins: [], log: heard().log, now: Date.now }).recognise(token);

it('address, users and tokens outlive a restart', async () => {
  const [url, { password }, before] = [dev.url(), dev.account('alice'), await dev.login('alice')];
  await dev.restart();
  expect([dev.url(), dev.account('alice').password]).toEqual([url, password]);
  expect(await recognise(before.access_token)).toMatchObject({ person: { uid: 'alice@sandbox' } });
  const form = { grant_type: 'refresh_token', client_id: 'oscar-cli', refresh_token: before.refresh_token };
  const { access_token } = (await (await dev.post('/token', form)).json()) as Tokens;
  expect(claimsIn(access_token)).toMatchObject({ sub: 'alice@sandbox' });
});

it('what it keeps is for its owner alone', () => {
  expect(statSync(file()).mode & 0o777).toBe(0o600);
});

it('a port that somebody else has taken is another one from then on', async () => {
  const { password } = dev.account('bob');
  const port = Number(new URL(dev.url()).port);
  dev.close();
  const squatter = createServer();
  await listenHttp(squatter, '127.0.0.1', port);
  try {
    await dev.restart();
  } finally {
    stopHttp(squatter);
  }
  const moved = dev.url();
  expect(moved).not.toContain(`:${port}/`);
  expect(dev.account('bob').password).toBe(password);
  expect(claimsIn((await dev.login('bob')).refresh_token)).toMatchObject({ iss: moved });
  await dev.restart();
  expect(dev.url()).toBe(moved);
});

it('two of them have nothing in common', async () => {
  const other = await startDev();
  try {
    expect(other.account('alice').password).not.toBe(dev.account('alice').password);
    const [, , signature] = (await other.login('alice')).access_token.split('.');
    const [head, claims] = (await dev.login('alice')).access_token.split('.');
    expect(await recognise(`${head}.${claims}.${signature}`)).toMatchObject({ kind: 'refused' });
    const { refresh_token } = await other.login('alice');
    const form = { grant_type: 'refresh_token', client_id: 'oscar-cli', refresh_token };
    expect((await dev.post('/token', form)).status).toBe(400);
  } finally {
    other.remove();
  }
});

const broken: [title: string, content: () => string][] = [
  ['nothing', () => ''],
  ['no JSON', () => '{'],
  ['no key', () => JSON.stringify({ ...kept(), key: {} })],
  ['half of a key', () => JSON.stringify({ ...kept(), key: { kid: 'one', kty: 'RSA' } })],
  ['no password of bob', () => JSON.stringify({ ...kept(), passwords: { alice: 'a' } })],
];
const kept = () => JSON.parse(readFileSync(file(), 'utf8')) as Record<string, unknown>;
it.each(broken)('a file that holds %s is told of', async (_title, content) => {
  dev.close();
  writeFileSync(file(), content());
  await expect(dev.restart()).rejects.toThrow(`${file()} does not hold what the issuer of --oidc-dev keeps.`);
});
