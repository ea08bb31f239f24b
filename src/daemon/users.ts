import type { Status } from '../api/protocol.ts';
import type { Log } from '../log.ts';
import { SandboxError } from '../model/errors.ts';
import { groupsOfDev } from '../oidc/dev/accounts.ts';
import { mayAsk } from '../oidc/fetching.ts';
import { nobody, type People } from '../oidc/people.ts';
import { places } from './files.ts';
import { ourHosts } from './hosts.ts';
import type { DaemonOptions } from './options.ts';
import { listenFrom, listenHttp } from './ports.ts';
import type { Undo } from './undo.ts';

export interface Users {
  people: People;
  /** The issuer of our own, with its users. */
  oidc?: Status['oidc'];
}

interface Around {
  log: Log;
  now(): number;
}

/** Who may come besides the administrator; with `--oidc-dev`, their issuer is started. */
export async function openUsers({ dataDir, oidc }: DaemonOptions, around: Around, undo: Undo): Promise<Users> {
  const { issuers, groups, admins, dev } = oidc;
  for (const url of issuers) demandIssuer(url);
  if (!dev && issuers.length === 0) return { people: nobody };
  // Most sandboxes have the administrator alone: what reads tokens is loaded where there are any.
  const { createPeople } = await import('../oidc/recognise.ts');
  const own = dev ? await startOwn(dataDir, around, undo) : undefined;
  const people = createPeople({
    issuers: [...issuers, ...(own ? [own.issuer] : [])],
    // Whoever has only the issuer of our own can try what groups do at once.
    groups: groups.length === 0 && issuers.length === 0 ? groupsOfDev : groups,
    admins,
    ...around,
  });
  return { people, ...(own ? { oidc: own } : {}) };
}

function demandIssuer(url: string): void {
  if (mayAsk(url) && !/[?#]/.test(url)) return;
  throw new SandboxError('invalid', `--oidc-issuer must be the https URL of an issuer, not ${JSON.stringify(url)}.`, {
    hint: 'It is what its tokens hold as `iss`: https://login.example.org/realms/lab. Plain http is for this machine alone.',
  });
}

async function startOwn(dataDir: string, around: Around, undo: Undo): Promise<NonNullable<Status['oidc']>> {
  // Whatever the API listens on: a password that is sent in the clear stays on this machine.
  const host = '127.0.0.1';
  const naming = { what: 'the issuer of --oidc-dev', flag: '--oidc-dev' };
  const { startDevIssuer } = await import('../oidc/dev/issuer.ts');
  const issuer = await startDevIssuer({
    ...around,
    file: places(dataDir).issuer,
    isOurHost: ourHosts(host, []),
    listen: (server, number) =>
      listenFrom({ number, explicit: false }, (port) => listenHttp(server, host, port), naming),
  });
  undo.add(issuer.close);
  return {
    issuer: issuer.url,
    users: issuer.accounts.map(({ name, uid, password, groups }) => ({ name, uid, password, groups: [...groups] })),
  };
}
