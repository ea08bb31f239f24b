import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { credentialsOf } from '../../src/engine/credentials.ts';
import { createFolder } from './place.ts';
import { authOf, writeConfig } from './registry.ts';

let folder: Awaited<ReturnType<typeof createFolder>>;
beforeEach(async () => {
  folder = await createFolder();
});
afterEach(() => folder.remove());

const login = (reference: string) =>
  credentialsOf({ environment: { PATH: `${folder.path}/bin:/usr/bin:/bin` }, home: folder.path })(reference);

const write = (config: object) => writeConfig(join(folder.path, '.docker'), config);

/** A program that keeps passwords, of this text. */
async function writeHelper(name: string, text: string): Promise<void> {
  const path = join(folder.path, 'bin', `docker-credential-${name}`);
  await mkdir(join(folder.path, 'bin'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
}

const hub = 'https://index.docker.io/v1/';

it('without a config there are none', async () => {
  expect(await login('ubuntu')).toEqual({});
});

const rows: [what: string, auths: object, reference: string, credentials: object | undefined][] = [
  ["Docker's own", { [hub]: authOf('a', 'b:c') }, 'ubuntu', { username: 'a', password: 'b:c', serveraddress: hub }],
  [
    "Docker's own, by another name",
    { 'index.docker.io': authOf('a', 'b') },
    'me/x',
    { username: 'a', password: 'b', serveraddress: hub },
  ],
  [
    'another',
    { 'here.test': authOf('a', 'b') },
    'here.test/x',
    { username: 'a', password: 'b', serveraddress: 'here.test' },
  ],
  [
    'one with a port, written as an address',
    { 'http://here.test:5000/v2/': authOf('a', 'b') },
    'here.test:5000/x',
    { username: 'a', password: 'b', serveraddress: 'here.test:5000' },
  ],
  [
    'a token',
    { 'here.test': { ...authOf('a', ''), identitytoken: 't' } },
    'here.test/x',
    { identitytoken: 't', serveraddress: 'here.test' },
  ],
  ['another than is asked for', { 'here.test': authOf('a', 'b') }, 'there.test/x', undefined],
  ['an empty entry', { 'here.test': {} }, 'here.test/x', undefined],
];
it.each(rows)('the config knows %s', async (_what, auths, reference, credentials) => {
  await write({ auths });
  expect(await login(reference)).toEqual(credentials ? { credentials } : {});
});

it('a helper is asked for its registry, the store for all others', async () => {
  await write({ credHelpers: { 'here.test': 'own' }, credsStore: 'all' });
  await writeHelper(
    'own',
    'read -r s; echo "{\\"ServerURL\\":\\"$s\\",\\"Username\\":\\"own\\",\\"Secret\\":\\"$1 $s\\"}"',
  );
  await writeHelper('all', 'read -r s; echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"for $s\\"}"');
  expect(await login('here.test/x')).toEqual({
    credentials: { username: 'own', password: 'get here.test', serveraddress: 'here.test' },
  });
  expect(await login('ubuntu')).toEqual({ credentials: { identitytoken: `for ${hub}`, serveraddress: hub } });
});

it('a helper that knows nothing is no trouble', async () => {
  await write({ credsStore: 'all', auths: { 'here.test': {} } });
  await writeHelper('all', 'echo "credentials not found in native keychain"; exit 1');
  expect(await login('here.test/x')).toEqual({});
});

const troubles: [what: string, text: string | undefined, why: string][] = [
  ['is missing', undefined, 'fails: it is not on the PATH.'],
  ['fails', 'echo "the keychain is locked" >&2; exit 1', 'fails: the keychain is locked.'],
  ['babbles', 'echo hello', 'does not answer in JSON.'],
];
it.each(troubles)('a helper that %s is told in a sentence', async (_what, text, why) => {
  await write({ credsStore: 'odd' });
  if (text) await writeHelper('odd', text);
  const { credentials, trouble } = await login('here.test/x');
  expect(credentials).toBeUndefined();
  expect(trouble).toMatch(/^The credential helper docker-credential-odd /);
  expect(trouble).toContain(why);
});

it('a config that is no JSON is told in a sentence', async () => {
  await mkdir(join(folder.path, '.docker'));
  await writeFile(join(folder.path, '.docker/config.json'), '{"auths":');
  expect((await login('here.test/x')).trouble).toMatch(/^Docker's .*config\.json cannot be read: /);
});
