import { createHmac, createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createKey, type PrivateKey, publicHalf } from '../../src/oidc/jwt.ts';
import { createPeople } from '../../src/oidc/recognise.ts';
import { claimsIn, type Dev, heard, startDev } from './dev.ts';
import { type Standin, seconds, startStandin } from './standin.ts';

let dev: Dev;
let lab: Standin;
let other: PrivateKey;
beforeAll(async () => {
  dev = await startDev();
  lab = await startStandin();
  other = await createKey('one');
});
afterAll(async () => {
  dev.remove();
  await lab.leave();
});

const people = (groups: string[] = []) => {
  const { log, lines } = heard();
  const known = createPeople({ issuers: [dev.url(), lab.url], groups, admins: [], log, now: Date.now });
  return { recognise: known.recognise, lines };
};

it('a token of the built-in issuer is that of its user', async () => {
  const { access_token } = await dev.login('alice');
  expect(await people().recognise(access_token)).toEqual({
    kind: 'person',
    person: {
      kind: 'user',
      uid: 'alice@sandbox',
      name: 'Alice_Alvarez',
      namespace: 'oscar-svc-alice-sa',
      groups: ['sandbox-users', 'alpha'],
    },
  });
});

it('who is in none of the groups is refused, and the log says so', async () => {
  const { recognise, lines } = people(['beta', 'gamma']);
  expect(await recognise((await dev.login('bob')).access_token)).toMatchObject({ kind: 'person' });
  const { access_token } = await dev.login('alice');
  expect(await recognise(access_token)).toEqual({
    kind: 'refused',
    why: 'alice@sandbox is in none of the groups beta, gamma',
  });
  await recognise(access_token);
  expect(lines).toEqual([
    `a token was refused {"issuer":"${dev.url()}","why":"alice@sandbox is in none of the groups beta, gamma"}`,
  ]);
});

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token signed with the issuer's public key as if that were a secret. */
function withPublicKey(claims: object): string {
  const signed = `${part({ alg: 'HS256', kid: 'one' })}.${part(claims)}`;
  const pem = createPublicKey({ key: publicHalf(lab.key), format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return `${signed}.${createHmac('sha256', pem).update(signed).digest('base64url')}`;
}

const said = () => claimsIn(honest);
let honest: string;
beforeAll(async () => {
  honest = await lab.token();
});

const hostile: [title: string, token: () => string | Promise<string>, why: RegExp][] = [
  ['without a signature', () => `${part({ alg: 'none' })}.${part(said())}.`, /not allowed/],
  ['signed with the public key as a secret', () => withPublicKey(said()), /not allowed/],
  ['signed by another key of the same name', () => lab.token({}, other), /signature verification failed/],
  ['signed by a key that nobody has published', () => lab.token({}, { ...other, kid: 'two' }), /none of those/],
  ['with claims of its own', () => honest.replace(/\.[^.]+\./, `.${part({ ...said(), sub: 'eve' })}.`), /signature/],
  ['with a key of its own', () => withOwnKey(), /signature verification failed/],
  ['that is over', () => lab.token({ exp: seconds() - 60 }), /"exp" claim timestamp check failed/],
  ['that never ends', () => lab.token({ exp: undefined }), /missing required "exp" claim/],
  ['that is not valid yet', () => lab.token({ nbf: seconds() + 60 }), /"nbf" claim timestamp check failed/],
  ['of nobody', () => lab.token({ sub: undefined }), /missing required "sub" claim/],
  ['of the administrator', () => lab.token({ sub: 'cluster_admin' }), /nobody may go by the name "cluster_admin"/],
  ['of someone with an empty name', () => lab.token({ sub: '' }), /nobody may go by the name ""/],
  ['of someone with a line break', () => lab.token({ sub: 'a\nb' }), /nobody may go by the name/],
  ['of another issuer that is known', () => lab.token({ iss: dev.url() }), /none of those/],
  ['for refreshing alone', async () => (await dev.login('alice')).refresh_token, /not allowed/],
];
it.each(hostile)('a token %s is refused', async (_title, token, why) => {
  expect(await people().recognise(await token())).toEqual({
    kind: 'refused',
    why: expect.stringMatching(why) as string,
  });
});

/** Its header names the key to check it with. */
async function withOwnKey(): Promise<string> {
  const { createSign } = await import('node:crypto');
  const jwk = publicHalf(other);
  const signed = `${part({ alg: 'RS256', kid: 'one', jwk, jku: 'http://127.0.0.1:1/keys' })}.${part(said())}`;
  return `${signed}.${createSign('sha256').update(signed).sign({ key: other, format: 'jwk' }, 'base64url')}`;
}

it('clocks may differ by a few seconds', async () => {
  const late = await lab.token({ exp: seconds() - 3, nbf: seconds() + 3 });
  expect(await people().recognise(late)).toMatchObject({ kind: 'person', person: { uid: 'ada' } });
});

it('a token of an issuer that is none of ours is that of a stranger, whoever signed it', async () => {
  for (const issuer of [`${lab.url}/`, lab.url.toUpperCase(), 'https://evil.example']) {
    expect(await people().recognise(await lab.token({ iss: issuer }))).toEqual({ kind: 'stranger', issuer });
  }
});

it('for whom a token was made makes no difference, as in OSCAR', async () => {
  const token = await lab.token({ aud: ['somebody-else'], azp: 'their-client' });
  expect(await people().recognise(token)).toMatchObject({ kind: 'person' });
});

it('what is no token is told apart by what is wrong with it', async () => {
  const { recognise } = people();
  const rows = { abc: 'token contains an invalid number of segments', 'a.b.c': 'could not JSON decode header' };
  for (const [token, why] of Object.entries(rows)) {
    expect(await recognise(token)).toEqual({ kind: 'malformed', why: `token is malformed: ${why}` });
  }
});
