import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ourHosts } from '../../src/daemon/hosts.ts';
import { listenFrom, listenHttp } from '../../src/daemon/ports.ts';
import { type Log, silent } from '../../src/log.ts';
import type { Account } from '../../src/oidc/dev/accounts.ts';
import { startDevIssuer } from '../../src/oidc/dev/issuer.ts';

/** A log whose warnings and errors can be looked at. */
export function heard(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string, details: object = {}) => void lines.push(`${message} ${JSON.stringify(details)}`);
  return { log: { ...silent, warn: keep, error: keep }, lines };
}

export type Form = Record<string, string>;

/** The issuer of `--oidc-dev` with a data folder of its own. */
export async function startDev(now: () => number = Date.now) {
  const folder = mkdtempSync(join(tmpdir(), 'oidc-'));
  const { log, lines } = heard();
  const start = () =>
    startDevIssuer({
      file: join(folder, 'oidc.json'),
      listen: (server, number) =>
        listenFrom({ number, explicit: false }, (port) => listenHttp(server, '127.0.0.1', port), {
          what: 'the issuer',
          flag: '',
        }),
      isOurHost: ourHosts('127.0.0.1', []),
      log,
      now,
    });
  let issuer = await start();
  const post = (path: string, form: Form, headers: Form = {}) =>
    fetch(`${issuer.url}/protocol/openid-connect${path}`, { method: 'POST', body: new URLSearchParams(form), headers });
  const account = (name: string): Account => {
    const found = issuer.accounts.find((one) => one.name === name);
    if (!found) throw new Error(`There is no ${name}.`);
    return found;
  };
  const login = async (name: string, scope = 'openid profile email'): Promise<Tokens> => {
    const { password } = account(name);
    const form = { grant_type: 'password', client_id: 'oscar-cli', username: name, password, scope };
    return (await (await post('/token', form)).json()) as Tokens;
  };
  return {
    folder,
    /** What it has to complain about. */
    lines,
    url: () => issuer.url,
    account,
    post,
    login,
    restart: async () => {
      issuer.close();
      issuer = await start();
    },
    close: () => issuer.close(),
    remove: () => {
      issuer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Dev = Awaited<ReturnType<typeof startDev>>;

export interface Tokens {
  access_token: string;
  refresh_token: string;
  id_token: string;
  expires_in: number;
  scope: string;
}

/** What a token says, without asking whether it is true: as clients read it. */
export const claimsIn = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
