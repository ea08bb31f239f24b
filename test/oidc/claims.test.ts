import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { groupsIn, personIn } from '../../src/oidc/claims.ts';
import { createPeople } from '../../src/oidc/recognise.ts';
import { heard } from './dev.ts';
import { type Standin, seconds, startStandin } from './standin.ts';

const egi = 'https://aai.egi.eu/auth/realms/egi';
const ai4eosc = 'https://login.cloud.ai4eosc.eu/realms/ai4eosc';
const lab = 'https://keycloak.test/realms/lab';
const urn = (name: string) => `urn:mace:egi.eu:group:${name}:role=member#aai.egi.eu`;

const groups: [title: string, issuer: string, said: object, groups: string[] | undefined][] = [
  ['EGI: entitlements', egi, { entitlements: [urn('vo.Access.EGI.eu'), urn('x')] }, ['vo.access.egi.eu', 'x']],
  ['EGI: by their older name', egi, { eduperson_entitlement: [urn('x'), urn('x')] }, ['x']],
  ['EGI: other entitlements', egi, { entitlements: ['urn:mace:other:group:x', 'urn:mace:egi.eu:aai', 7] }, []],
  ['EGI: roles are no groups', egi, { realm_access: { roles: ['x'] }, groups: ['x'] }, undefined],
  [
    'AI4EOSC: roles',
    ai4eosc,
    { realm_access: { roles: ['access:ai4eosc', 'x'] }, groups: ['y'] },
    ['access:ai4eosc', 'x'],
  ],
  ['AI4EOSC: none', ai4eosc, { realm_access: null }, undefined],
  ['Keycloak: membership', lab, { group_membership: ['/oscar-staff'] }, ['/oscar-staff']],
  ['Keycloak: groups', lab, { groups: ['/a', '/b'], group_membership: ['/b', '/c'] }, ['/b', '/c', '/a']],
  ['Keycloak: no list', lab, { groups: '/a' }, []],
  ['Keycloak: roles are no groups', lab, { realm_access: { roles: ['x'] } }, undefined],
];
it.each(groups)('groups of %s', (_title, issuer, said, expected) => {
  expect(groupsIn({ ...said }, issuer)).toEqual(expected);
});

const namesOf: [said: object, name: string][] = [
  [{ name: 'José Ñandú Ü', preferred_username: 'jose' }, 'Jose_Nandu_U'],
  [{ preferred_username: 'jose' }, 'jose'],
  [{ name: ' ', preferred_username: 'jose' }, 'jose'],
  [{ name: 7 }, 'u1'],
];
it.each(namesOf)('%j is called %s', (said, name) => {
  expect(personIn({ sub: 'u1', ...said }, lab)?.name).toBe(name);
});

const namespaces: [uid: string, namespace: string][] = [
  ['62bb11b40398f73778b66f344d282242debb8ee3ff@egi.eu', 'oscar-svc-62bb11b4'],
  ['6F0C6E0E-1C1F-4A2B-9B1C-2D3E4F506172', 'oscar-svc-6f0c6e0e'],
  ['bob@sandbox', 'oscar-svc-bob-sand'],
  ['al', 'oscar-svc-al2f9ee2'],
  ['seven.7-longer', 'oscar-svc-seven-74'],
  ['@@@', 'oscar-svc-ffab3be0'],
];
it.each(namespaces)('services of %s are in %s', (sub, namespace) => {
  expect(personIn({ sub }, lab)?.namespace).toBe(namespace);
});

let realm: Standin;
beforeAll(async () => {
  realm = await startStandin();
});
afterAll(() => realm.leave());
beforeEach(() => {
  realm.asked.length = 0;
  realm.bearers.length = 0;
});

const info = () => realm.asked.filter((path) => path.endsWith('/userinfo')).length;
const bare = () => realm.token({ name: undefined, groups: undefined, jti: String(Math.random()) });
const recognise = () => {
  const people = createPeople({ issuers: [realm.url], groups: [], admins: [], log: heard().log, now: Date.now });
  return people.recognise;
};

it('what a token does not say, its issuer is asked for, once', async () => {
  realm.answer('/userinfo', { sub: 'ada', name: 'Ada Łovelace', groups: ['x'] });
  const [token, ask] = [await bare(), recognise()];
  const found = await Promise.all([ask(token), ask(token)]);
  for (const one of [...found, await ask(token)]) expect(one).toMatchObject({ person: { uid: 'ada', groups: ['x'] } });
  expect(info()).toBe(1);
  expect(realm.bearers).toEqual([`Bearer ${token}`]);
  await ask(await realm.token());
  expect(info()).toBe(1);
});

const answers: [title: string, status: number, said: object, expected: object][] = [
  ['speaks of somebody else', 200, { sub: 'eve', groups: ['x'] }, { person: { uid: 'ada', groups: [] } }],
  ['says nothing to this token', 403, {}, { person: { uid: 'ada', groups: [] } }],
  ['knows no userinfo', 404, {}, { person: { uid: 'ada', groups: [] } }],
  ['does not take the token any more', 401, {}, { kind: 'refused', why: 'its issuer does not take it' }],
  ['fails', 503, {}, { kind: 'refused' }],
];
it.each(answers)('an issuer that %s', async (_title, status, said, expected) => {
  realm.raw('/userinfo', { status, body: JSON.stringify(said) });
  expect(await recognise()(await bare())).toMatchObject(expected);
});

it('an issuer that failed is asked again', async () => {
  const [token, ask] = [await bare(), recognise()];
  realm.raw('/userinfo', { status: 503, body: '' });
  expect(await ask(token)).toMatchObject({ kind: 'refused' });
  realm.answer('/userinfo', { sub: 'ada', groups: ['x'], exp: seconds() });
  expect(await ask(token)).toMatchObject({ person: { groups: ['x'] } });
});
