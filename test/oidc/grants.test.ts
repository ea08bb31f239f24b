import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimsIn, type Dev, startDev, type Tokens } from './dev.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await startDev();
});
afterAll(() => dev.remove());

const told = async (answer: Response) => (await answer.json()) as Record<string, unknown>;

it('a refresh token is read and used as oscar-cli does it', async () => {
  const { refresh_token } = await dev.login('alice');
  const { iss, azp, scope } = claimsIn(refresh_token) as Record<string, string>;
  const form = { grant_type: 'refresh_token', refresh_token, client_id: azp ?? '', scope: scope ?? '' };
  const answer = await fetch(`${iss}/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const fresh = (await answer.json()) as Tokens;
  expect(answer.status).toBe(200);
  expect(claimsIn(fresh.access_token)).toMatchObject({ iss, azp: 'oscar-cli', sub: 'alice@sandbox', scope });
  expect(fresh.refresh_token).toBe(refresh_token);
});

it('oscar-python asks for the scopes of EGI when it refreshes, as the client that got the token', async () => {
  const { password } = dev.account('bob');
  const client_id = 'token-portal';
  const form = { grant_type: 'password', client_id, username: 'bob', password, scope: 'openid' };
  const { refresh_token } = (await (await dev.post('/token', form)).json()) as Tokens;
  const scope = 'openid profile email voperson_id eduperson_entitlement';
  const answer = await dev.post('/token', { grant_type: 'refresh_token', refresh_token, client_id, scope });
  expect(claimsIn(((await answer.json()) as Tokens).access_token)).toMatchObject({
    sub: 'bob@sandbox',
    azp: client_id,
    scope,
  });
});

it('an access token says who somebody is and which groups they are in', async () => {
  const { access_token, id_token, expires_in } = await dev.login('alice');
  const who = { sub: 'alice@sandbox', preferred_username: 'alice', groups: ['sandbox-users', 'alpha'] };
  expect(claimsIn(access_token)).toMatchObject({ ...who, iss: dev.url(), azp: 'oscar-cli', typ: 'Bearer' });
  expect(claimsIn(id_token)).toMatchObject({ ...who, iss: dev.url(), aud: 'oscar-cli' });
  expect(expires_in).toBe(3_600);
});

it('userinfo says it of the bearer, and of nobody else', async () => {
  const { access_token, refresh_token } = await dev.login('bob');
  const ask = (token: string) =>
    fetch(`${dev.url()}/protocol/openid-connect/userinfo`, { headers: { Authorization: `Bearer ${token}` } });
  expect(await told(await ask(access_token))).toMatchObject({
    sub: 'bob@sandbox',
    group_membership: ['sandbox-users', 'beta'],
  });
  expect((await ask(refresh_token)).status).toBe(401);
  expect((await ask('junk')).status).toBe(401);
});

it('discovery names the paths of Keycloak', async () => {
  const answer = await fetch(`${dev.url()}/.well-known/openid-configuration`);
  const base = `${dev.url()}/protocol/openid-connect`;
  expect(await told(answer)).toMatchObject({
    issuer: dev.url(),
    token_endpoint: `${base}/token`,
    authorization_endpoint: `${base}/auth`,
    device_authorization_endpoint: `${base}/auth/device`,
    userinfo_endpoint: `${base}/userinfo`,
    jwks_uri: `${base}/certs`,
    code_challenge_methods_supported: ['S256'],
  });
  const { keys } = (await told(await fetch(`${base}/certs`))) as { keys: object[] };
  expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']]);
});

const wrong: [title: string, form: () => Promise<Record<string, string>>, status: number, error: string][] = [
  [
    'a wrong password',
    async () => ({ grant_type: 'password', username: 'alice', password: 'x' }),
    401,
    'invalid_grant',
  ],
  ['an unknown user', async () => ({ grant_type: 'password', username: 'eve', password: '' }), 401, 'invalid_grant'],
  ['an unknown grant', async () => ({ grant_type: 'magic' }), 400, 'unsupported_grant_type'],
  ['a refresh token of another client', async () => refreshing('other'), 400, 'invalid_grant'],
  ['an access token as a refresh token', async () => refreshing('oscar-cli', 'access_token'), 400, 'invalid_grant'],
  ['a client without a name', async () => ({ grant_type: 'password', client_id: '' }), 400, 'invalid_request'],
];
const refreshing = async (client_id: string, which: 'access_token' | 'refresh_token' = 'refresh_token') => ({
  grant_type: 'refresh_token',
  client_id,
  refresh_token: (await dev.login('alice'))[which],
});
it.each(wrong)('%s gets no token', async (_title, form, status, error) => {
  const answer = await dev.post('/token', { client_id: 'oscar-cli', ...(await form()) });
  expect([answer.status, (await told(answer)).error]).toEqual([status, error]);
});

it('a browser may ask from any origin', async () => {
  const { password } = dev.account('alice');
  const origin = { Origin: 'http://localhost:5173' };
  const form = { grant_type: 'password', client_id: 'oscar-dashboard', username: 'alice', password };
  expect((await dev.post('/token', form, origin)).headers.get('access-control-allow-origin')).toBe(origin.Origin);
  const asking = { ...origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'x-a' };
  const before = await fetch(`${dev.url()}/protocol/openid-connect/token`, { method: 'OPTIONS', headers: asking });
  expect([before.status, before.headers.get('access-control-allow-origin')]).toEqual([204, origin.Origin]);
});
