import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Browser, createBrowser, fieldsIn, targetOf } from './browser.ts';
import { claimsIn, type Dev, startDev, type Tokens } from './dev.ts';

let dev: Dev;
beforeAll(async () => {
  dev = await startDev();
});
afterAll(() => dev.remove());

const verifier = randomBytes(32).toString('base64url');
const callback = 'http://localhost:5173/callback.html';

function authorization(more: Record<string, string> = {}): string {
  const url = new URL(`${dev.url()}/protocol/openid-connect/auth`);
  const params = {
    client_id: 'oscar-dashboard',
    response_type: 'code',
    redirect_uri: callback,
    scope: 'openid profile email',
    state: 'some-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...more,
  };
  for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
  return url.href;
}

/** Fills in the form that a login leads to; answers where the browser ends up. */
async function logIn(browser: Browser, form: string, name = 'alice'): Promise<string> {
  const { password } = dev.account(name);
  const resumed = await browser(form, { username: name, password });
  return targetOf(await browser(targetOf(resumed)));
}

it('a login by code and PKCE ends where it began, with tokens', async () => {
  const browser = createBrowser();
  const form = targetOf(await browser(authorization()));
  expect(await (await browser(form)).text()).toContain('<input name="username"');
  const back = new URL(await logIn(browser, form));
  expect([back.origin + back.pathname, back.searchParams.get('state')]).toEqual([callback, 'some-state']);
  const exchange = { grant_type: 'authorization_code', client_id: 'oscar-dashboard', redirect_uri: callback };
  const code = back.searchParams.get('code') ?? '';
  const answer = await dev.post('/token', { ...exchange, code, code_verifier: verifier });
  const tokens = (await answer.json()) as Tokens;
  expect(claimsIn(tokens.access_token)).toMatchObject({ sub: 'alice@sandbox', azp: 'oscar-dashboard' });
  expect(claimsIn(tokens.refresh_token)).toMatchObject({ azp: 'oscar-dashboard', iss: dev.url() });
  expect((await dev.post('/token', { ...exchange, code, code_verifier: verifier })).status).toBe(400);
});

it('a code is of no use without the verifier', async () => {
  const browser = createBrowser();
  const back = new URL(await logIn(browser, targetOf(await browser(authorization()))));
  const code = back.searchParams.get('code') ?? '';
  const form = { grant_type: 'authorization_code', client_id: 'oscar-dashboard', redirect_uri: callback, code };
  expect((await dev.post('/token', { ...form, code_verifier: 'x'.repeat(43) })).status).toBe(400);
});

it('a wrong password is told in the form, and the right one goes on', async () => {
  const browser = createBrowser();
  const form = targetOf(await browser(authorization()));
  const wrong = await browser(form, { username: 'alice', password: 'x' });
  expect([wrong.status, await wrong.text()]).toEqual([401, expect.stringContaining('role="alert"')]);
  expect(await logIn(browser, form)).toContain(`${callback}?code=`);
});

it('every login asks who it is, whoever was logged in before', async () => {
  const browser = createBrowser();
  await logIn(browser, targetOf(await browser(authorization())));
  expect(targetOf(await browser(authorization()))).toContain('/login/');
  expect(targetOf(await browser(authorization({ prompt: 'none' })))).toContain('error=login_required');
});

const refused: [title: string, more: Record<string, string>][] = [
  ['to another machine', { redirect_uri: 'https://evil.example/callback' }],
  ['to a name that looks like this one', { redirect_uri: 'http://localhost.evil.example/' }],
  ['to a script', { redirect_uri: 'javascript:alert(1)' }],
];
it.each(refused)('nobody is sent %s', async (_title, more) => {
  const answer = await createBrowser()(authorization(more));
  const page = await answer.text();
  expect([answer.status, answer.headers.get('location')]).toEqual([400, null]);
  expect(page).toContain('That went wrong');
});

it('a code without PKCE is not given', async () => {
  const answer = await createBrowser()(authorization({ code_challenge: '', code_challenge_method: '' }));
  expect(targetOf(answer)).toContain('error=invalid_request');
});

it('a login of somebody else, or of yesterday, is over', async () => {
  const form = targetOf(await createBrowser()(authorization()));
  const { password } = dev.account('alice');
  const answer = await createBrowser()(form, { username: 'alice', password });
  expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('This login is over')]);
});

it('a page is not shown within another one, and runs no script', async () => {
  const browser = createBrowser();
  const { headers } = await browser(targetOf(await browser(authorization())));
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'.*frame-ancestors 'none'$/);
});

it('a device is connected by somebody who logs in elsewhere', async () => {
  const client_id = 'token-portal';
  const device = (await (await dev.post('/auth/device', { client_id, scope: 'openid' })).json()) as Record<
    string,
    string
  >;
  const { device_code = '', user_code = '', verification_uri = '' } = device;
  const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
  const poll = () => dev.post('/token', { grant_type, client_id, device_code });
  expect([(await poll()).status, verification_uri]).toEqual([400, `${dev.url()}/device`]);

  const browser = createBrowser();
  const asked = await (await browser(verification_uri)).text();
  expect(asked).toContain('name="user_code"');
  const question = await (await browser(verification_uri, { ...fieldsIn(asked), user_code })).text();
  expect(question).toContain('Connect the device');
  const form = targetOf(await browser(verification_uri, fieldsIn(question)));
  const resumed = targetOf(await browser(form, { username: 'bob', password: dev.account('bob').password }));
  expect(await (await browser(resumed)).text()).toContain('The device is connected');
  const tokens = (await (await poll()).json()) as Tokens;
  expect(claimsIn(tokens.access_token)).toMatchObject({ sub: 'bob@sandbox', azp: client_id });
});

/** The status of a request with a `Host` of our choice, which `fetch` does not let one have. */
const withHost = (host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const url = `${dev.url()}/.well-known/openid-configuration`;
    request(url, { headers: { Host: host } }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });

it('requests under a name that is none of ours are turned away', async () => {
  const { port } = new URL(dev.url());
  const names = [`127.0.0.1:${port}`, `localhost:${port}`, `evil.example:${port}`, '192.168.1.1'];
  expect(await Promise.all(names.map(withHost))).toEqual([200, 200, 421, 421]);
});

it('what is not below its URL is not there', async () => {
  const { origin } = new URL(dev.url());
  const paths = ['/', '/realms/other/protocol/openid-connect/certs', '/realms/sandbox/nothing', '/realms/sandbox'];
  const answers = await Promise.all(paths.map((path) => fetch(origin + path)));
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  expect(dev.lines).toEqual([]);
});
