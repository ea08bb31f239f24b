import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith } from '../clients/installed.ts';
import { calling, daily, pythonSees, pythonVersions, type Scenario } from '../clients/oscarpython.ts';
import { users } from '../clients/oscarusers.ts';
import { type Program, startProgram } from '../program.ts';

interface Options {
  endpoint: string;
  uid: string;
  oidc_token: string;
  refresh_token: string;
  token_endpoint: string;
}

let program: Program;
let folder: string;
let alice: Options;
let bob: Options;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-oidc-'));
  program = await startProgram({ args: ['--oidc-dev'] });
  alice = await optionsOf('alice');
  bob = await optionsOf('bob');
});
afterAll(async () => {
  await program?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What a user gives oscar-python, with tokens by their password. */
async function optionsOf(name: string): Promise<Options> {
  const { api, oidc } = program.status;
  const { uid = '', password = '' } = oidc?.users.find((one) => one.name === name) ?? {};
  const token_endpoint = `${oidc?.issuer}/protocol/openid-connect/token`;
  const form = { grant_type: 'password', client_id: 'token-portal', username: name, password, scope: 'openid' };
  const answer = await fetch(token_endpoint, { method: 'POST', body: new URLSearchParams(form) });
  const { access_token, refresh_token } = (await answer.json()) as { access_token: string; refresh_token: string };
  return { endpoint: api, uid, oidc_token: access_token, refresh_token, token_endpoint };
}

/** The same of whom the program itself made. */
const administrator = () => {
  const { api: endpoint, user, password } = program.status;
  return { endpoint, user, password };
};

/** The service `upper` of one user, where there was that of another. */
async function declareUpper(user: Options): Promise<void> {
  await program.call('/system/services/upper', { method: 'DELETE' });
  const io = (path: string) => [{ storage_provider: 'minio.default', path }];
  const script = '#!/bin/sh\ntr a-z A-Z < "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/out.txt"\n';
  const service = { name: 'upper', image: 'docker.io/library/alpine:3', script, log_level: 'CRITICAL' };
  const answer = await program.call('/system/services', {
    method: 'POST',
    headers: { authorization: `Bearer ${user.oidc_token}` },
    body: JSON.stringify({ ...service, input: io('upper/in'), output: io('upper/out') }),
  });
  expect([answer.status, await answer.text()]).toEqual([201, '']);
}

/** What scripts get to know: as whom they do what everybody does, and who else is there. */
const environmentOf = (user: Omit<Options, 'oidc_token'>, { oidc_token }: Options) => ({
  OSCAR: JSON.stringify(user),
  OSCAR_WRONG: JSON.stringify({ ...user, oidc_token: `${oidc_token.slice(0, -4)}AAAA` }),
  OSCAR_ALICE: JSON.stringify(alice),
  OSCAR_BOB: JSON.stringify(bob),
  OSCAR_ADMIN: JSON.stringify(administrator()),
  OSCAR_USER: program.status.user,
  OSCAR_PASSWORD: program.status.password,
});

for (const version of pythonVersions) {
  const known = ({ newer }: Scenario) => !newer || !version.startsWith('1');

  describeWith(`oscar-python-${version}`, (python) => {
    describe('for users', () => {
      const driven = new Set<string>();
      let methods: string[] = [];
      beforeAll(() => declareUpper(alice));

      it.each([...daily, ...users].filter(known))('$title', async (scenario) => {
        const told = await pythonSees(python, scenario, { folder, env: environmentOf(alice, alice) });
        for (const method of told.driven) driven.add(method);
        methods = told.public;
        expect(told.seen).toEqual(scenario.sees);
      });

      it('has no public method that was not called, but for those with name and password', () => {
        expect(methods).toEqual(expect.arrayContaining(calling));
        expect(methods.filter((method) => !driven.has(method))).toEqual(['basic_auth_client']);
      });
    });

    describe('for another one, who gives it a refresh token alone', () => {
      beforeAll(() => declareUpper(bob));

      it.each(daily.filter(known))('$title', async (scenario) => {
        const { oidc_token: _, ...given } = bob;
        const { seen } = await pythonSees(python, scenario, { folder, env: environmentOf(given, bob) });
        expect(seen).toEqual(scenario.sees);
      });
    });
  });
}
