import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Times } from '../../src/oidc/issuer.ts';
import { createKey } from '../../src/oidc/jwt.ts';
import { createPeople } from '../../src/oidc/recognise.ts';
import { heard } from './dev.ts';
import { type Standin, startStandin } from './standin.ts';

let lab: Standin;
beforeEach(async () => {
  lab = await startStandin();
});
afterEach(() => lab.leave());

/** Those of the issuer, on a clock that the test moves. */
function people(times: Partial<Times> = {}, issuers = [lab.url]) {
  const started = Date.now();
  let passed = 0;
  const { log, lines } = heard();
  const now = () => started + passed;
  const all = { timeoutMs: 5_000, restMs: 10_000, keysMs: 600_000, ...times };
  const known = createPeople({ issuers, groups: [], admins: [], log, now, times: all });
  return {
    lines,
    kind: async (token: string) => (await known.recognise(token)).kind,
    why: async (token: string) => {
      const found = await known.recognise(token);
      return 'why' in found ? found.why : found.kind;
    },
    pass: (ms: number) => {
      passed += ms;
    },
  };
}

const keysAsked = () => lab.asked.filter((path) => path.endsWith('/certs')).length;

it('nothing is asked of an issuer before the first token, and its keys once for many', async () => {
  const { kind } = people();
  expect(lab.asked).toEqual([]);
  const token = await lab.token();
  const kinds = await Promise.all(Array.from({ length: 20 }, () => kind(token)));
  expect(new Set(kinds)).toEqual(new Set(['person']));
  expect(lab.asked).toEqual(['/realms/lab/.well-known/openid-configuration', '/realms/lab/certs']);
});

it('a new key is asked for when a token names it, but not more often than once in a while', async () => {
  const { kind, pass } = people();
  expect(await kind(await lab.token())).toBe('person');
  const next = await createKey('two');
  lab.publish(next);
  const token = await lab.token({}, next);
  expect(await kind(token)).toBe('refused');
  expect(keysAsked()).toBe(1);
  pass(10_000);
  expect(await kind(token)).toBe('person');
  expect(keysAsked()).toBe(2);
  expect(await kind(await lab.token({}, { ...next, kid: 'three' }))).toBe('refused');
  expect(keysAsked()).toBe(2);
});

it('a key that was withdrawn is believed for ten minutes at most', async () => {
  const { kind, pass } = people();
  const token = await lab.token({ exp: Math.floor(Date.now() / 1_000) + 3_600 });
  expect(await kind(token)).toBe('person');
  lab.publish(await createKey('two'));
  pass(600_000);
  expect(await kind(token)).toBe('refused');
});

it('an issuer that is away is tried again after a while', async () => {
  const token = await lab.token();
  await lab.leave();
  const { kind, pass, lines } = people();
  expect(await kind(token)).toBe('refused');
  expect(lines.join()).toMatch(/its issuer is away: fetch failed: .*ECONNREFUSED/);
  await lab.comeBack();
  expect(await kind(token)).toBe('refused');
  expect(lab.asked).toEqual([]);
  pass(10_000);
  expect(await kind(token)).toBe('person');
});

it('while an issuer is away, its keys go on to hold', async () => {
  const { kind, pass } = people();
  const token = await lab.token({ exp: Math.floor(Date.now() / 1_000) + 3_600 });
  expect(await kind(token)).toBe('person');
  await lab.leave();
  pass(1_200_000);
  expect(await kind(token)).toBe('person');
});

it('nobody waits for an issuer that says nothing', async () => {
  lab.raw('/certs', undefined);
  const { why } = people({ timeoutMs: 50 });
  const token = await lab.token();
  expect(await why(token)).toMatch(/its issuer is away: The operation was aborted due to timeout/);
  lab.raw('/.well-known/openid-configuration', undefined);
  expect(await why(token)).toMatch(/is away/);
  expect(keysAsked()).toBe(1);
});

const discovery = '/.well-known/openid-configuration';
const odd: [title: string, arrange: () => void, why: RegExp][] = [
  ['speaks for another', () => lab.answer(discovery, { issuer: 'https://other.test' }), /is that of "https:\/\/other/],
  ['names no keys', () => lab.answer(discovery, { issuer: lab.url }), /names no jwks_uri/],
  ['publishes no list of keys', () => lab.answer('/certs', { keys: 'none' }), /holds no keys/],
  ['publishes keys that are none', () => lab.answer('/certs', { keys: [{ kty: 'RSA', kid: 'one' }] }), /./],
  ['says no JSON', () => lab.raw(discovery, { body: '<html>' }), /not valid JSON/],
  ['says no object', () => lab.raw(discovery, { body: '[]' }), /does not say a JSON object/],
  ['says too much', () => lab.raw(discovery, { body: `"${'x'.repeat(2 ** 20)}"` }), /says more than/],
  ['fails', () => lab.raw(discovery, { status: 500, body: '' }), /answers 500/],
  ['sends elsewhere', () => lab.raw(discovery, { status: 302, body: '', headers: { Location: '/x' } }), /redirect/],
  ['keeps its keys on the open road', () => openRoad(), /http:\/\/keys\.example\/certs is not an https address/],
];
it.each(odd)('an issuer that %s makes nobody known', async (_title, arrange, why) => {
  arrange();
  expect(await people().why(await lab.token())).toMatch(why);
});

const openRoad = () => lab.answer(discovery, { issuer: lab.url, jwks_uri: 'http://keys.example/certs' });
