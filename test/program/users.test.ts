import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Program, runCommand, startProgram } from '../program.ts';

let program: Program;
beforeAll(async () => {
  program = await startProgram({ args: ['--oidc-dev', '--oidc-issuer', 'http://127.0.0.1:9/realms/away'] });
});
afterAll(() => program.stop());

const oidc = () => {
  const { status } = program;
  if (!status.oidc) throw new Error('There is no issuer.');
  return status.oidc;
};

async function tokenOf(name: string): Promise<string> {
  const user = oidc().users.find((one) => one.name === name);
  const form = { grant_type: 'password', client_id: 'oscar-cli', username: name, password: user?.password ?? '' };
  const url = `${oidc().issuer}/protocol/openid-connect/token`;
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
  return ((await answer.json()) as { access_token: string }).access_token;
}

const ask = (token: string, path: string) =>
  fetch(`${program.status.api}${path}`, { headers: { Authorization: `Bearer ${token}` } });

it('the status tells of the issuer and its users', async () => {
  const { users, issuer } = oidc();
  expect(issuer).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/realms\/sandbox$/);
  expect(users).toEqual([
    { name: 'alice', uid: 'alice@sandbox', password: expect.any(String), groups: ['sandbox-users', 'alpha'] },
    { name: 'bob', uid: 'bob@sandbox', password: expect.any(String), groups: ['sandbox-users', 'beta'] },
  ]);
  const { stdout } = await program.command(['status', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ oidc: { issuer, users } });
});

it('a user comes in by a token, and gets keys of their own', async () => {
  const keys = [];
  for (const name of ['alice', 'bob']) {
    const answer = await ask(await tokenOf(name), '/system/config');
    expect(answer.status).toBe(200);
    const { minio_provider } = (await answer.json()) as { minio_provider: { access_key: string; secret_key: string } };
    keys.push(minio_provider);
  }
  expect(keys.map(({ access_key }) => access_key)).toEqual(['alice@sandbox', 'bob@sandbox']);
  expect(new Set([...keys.map(({ secret_key }) => secret_key), program.status.secretKey]).size).toBe(3);
});

it('every way to a token is open', async () => {
  const base = `${oidc().issuer}/protocol/openid-connect`;
  const { stdout } = await program.command(['credentials', '--user', 'bob', '--json']);
  const { refreshToken = '' } = JSON.parse(stdout) as Record<string, string>;
  const post = (path: string, form: Record<string, string>) =>
    fetch(base + path, { method: 'POST', body: new URLSearchParams({ client_id: 'token-portal', ...form }) });
  const refreshed = await post('/token', { grant_type: 'refresh_token', refresh_token: refreshToken });
  const { access_token, id_token } = (await refreshed.json()) as Record<string, string>;
  expect([refreshed.status, typeof id_token]).toEqual([200, 'string']);
  expect((await ask(access_token ?? '', '/system/info')).status).toBe(200);

  const device = (await (await post('/auth/device', { scope: 'openid' })).json()) as Record<string, string>;
  expect(await (await fetch(device.verification_uri ?? '')).text()).toContain('name="user_code"');
  const pending = await post('/token', { grant_type: deviceGrant, device_code: device.device_code ?? '' });
  expect(await pending.json()).toMatchObject({ error: 'authorization_pending' });

  const query = new URLSearchParams({ ...authorization, redirect_uri: `${program.status.api}/callback` });
  const login = await fetch(`${base}/auth?${query}`, { redirect: 'manual' });
  expect([login.status, login.headers.get('location')]).toEqual([303, expect.stringContaining('/login/')]);
});

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const authorization = {
  client_id: 'oscar-dashboard',
  response_type: 'code',
  scope: 'openid',
  code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
  code_challenge_method: 'S256',
};

it('a stranger is told so, and whose issuer is away is not let in', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = (iss: string) => `${part({ alg: 'RS256' })}.${part({ iss, sub: 'x' })}.AAAA`;
  const stranger = await ask(token('https://other.test'), '/system/config');
  expect([stranger.status, await stranger.text()]).toEqual([
    401,
    "'https://other.test' is not listed as an authorized issuer",
  ]);
  const away = await ask(token('http://127.0.0.1:9/realms/away'), '/system/config');
  expect([away.status, await away.text()]).toEqual([401, '']);
});

it('credentials of a user are ready to paste into oscar-cli', async () => {
  const { stdout, code } = await program.command(['credentials', '--user', 'alice', '--json']);
  const said = JSON.parse(stdout) as Record<string, string>;
  const { accessToken = '', refreshToken = '' } = said;
  expect(code).toBe(0);
  expect(said.oscarCli).toBe(
    `oscar-cli cluster add sandbox-alice ${program.status.api} -t ${refreshToken} --disable-ssl`,
  );
  expect((await ask(accessToken, '/system/services')).status).toBe(200);
  const shown = await program.command(['credentials', '--user', 'bob']);
  expect(shown.stdout).toContain('uid       bob@sandbox');
});

it('a user whom nobody knows has no credentials', async () => {
  const { code, stderr } = await program.command(['credentials', '--user', 'eve']);
  expect([code, stderr]).toEqual([4, 'error: There is no user eve.\nhint: Users are alice and bob.\n']);
});

const wrong: [url: string][] = [
  ['http://login.example.org'],
  ['login.example.org'],
  ['https://login.example.org/?a=b'],
];
it.each(wrong)('%s is no issuer to trust', async (url) => {
  const { code, stderr } = await runCommand(['up', '--oidc-issuer', url, '--executor', 'local', ...elsewhere()]);
  expect(code).toBe(2);
  expect(stderr).toContain(`--oidc-issuer must be the https URL of an issuer, not "${url}".`);
});

const elsewhere = () => [
  '--data-dir',
  `${program.dataDir}/other`,
  '--port',
  '0',
  '--s3-port',
  '0',
  '--exposed-port',
  '0',
];

it('users, their passwords and their tokens outlive a restart', async () => {
  const [before, token] = [oidc(), await tokenOf('alice')];
  const { command, dataDir } = program;
  expect((await command(['down'])).code).toBe(0);
  program = await startProgram({ dataDir, args: ['--oidc-dev'] });
  expect(oidc()).toEqual(before);
  expect((await ask(token, '/system/config')).status).toBe(200);
});
