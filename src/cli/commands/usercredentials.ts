import type { Status } from '../../api/protocol.ts';
import { SandboxError } from '../../model/errors.ts';
import type { Context, Run } from '../command.ts';
import { credentials, quoted } from './credentials.ts';

/** Prints what other programs need to use this sandbox: as the administrator, or as one of its users. */
export const credentialsOf: Run = (context) => {
  const name = context.settings.text('user');
  return name === undefined ? credentials(context) : ofUser(context, name);
};

/** The client whose the tokens are. oscar-python goes by this name unless told otherwise, oscar-cli by that in the token. */
const client = 'token-portal';

async function ofUser({ connect, out }: Context, name: string): Promise<undefined> {
  const { status } = await connect();
  const { issuer, users } = demandUsers(status);
  const user = users.find((one) => one.name === name);
  if (!user) {
    throw new SandboxError('not-found', `There is no user ${name}.`, {
      hint: `Users are ${users.map((one) => one.name).join(' and ')}.`,
    });
  }
  const tokenUrl = `${issuer}/protocol/openid-connect/token`;
  const tokens = await login(tokenUrl, user);
  const ways = snippets({ ...user, api: status.api, tokenUrl, refreshToken: tokens.refresh_token });
  const lines = Object.fromEntries(ways.map(({ id, lines }) => [id, lines.join('\n')]));
  const { uid, password, groups } = user;
  const known = { api: status.api, issuer, user: name, uid, password, groups };
  out.value({ ...known, accessToken: tokens.access_token, refreshToken: tokens.refresh_token, ...lines }, () =>
    [
      `${out.paint('bold', `# ${name}`)}\n${[`uid       ${uid}`, `password  ${password}`, `groups    ${groups.join(', ')}`].join('\n')}`,
      ...ways.map(({ title, lines }) => `${out.paint('bold', `# ${title}`)}\n${lines.join('\n')}`),
    ].join('\n\n'),
  );
}

function demandUsers({ oidc }: Status): NonNullable<Status['oidc']> {
  if (oidc) return oidc;
  throw new SandboxError('not-found', 'This sandbox has no users of its own.', {
    hint: 'Start it with --oidc-dev: `oscar-sandbox down`, then `oscar-sandbox up --oidc-dev`.',
  });
}

interface Tokens {
  access_token: string;
  refresh_token: string;
}

async function login(url: string, { name, password }: { name: string; password: string }): Promise<Tokens> {
  const scope = 'openid profile email';
  const form = { grant_type: 'password', client_id: client, username: name, password, scope };
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams(form),
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.ok) return (await answer.json()) as Tokens;
    throw new Error(`${answer.status} ${await answer.text()}`);
  } catch (error) {
    throw new SandboxError('unavailable', `The issuer at ${url} gives no token: ${(error as Error).message}.`, {
      hint: 'daemon.log in the data folder may tell why.',
      cause: error,
    });
  }
}

interface Known {
  name: string;
  password: string;
  api: string;
  tokenUrl: string;
  refreshToken: string;
}

/** One a tool, ready to paste. */
function snippets({ name, password, api, tokenUrl, refreshToken }: Known) {
  const python = (text: string) => JSON.stringify(text);
  const form = [
    `grant_type=password`,
    `client_id=${client}`,
    `username=${name}`,
    `password=${password}`,
    'scope=openid',
  ];
  return [
    {
      id: 'oscarCli',
      title: 'oscar-cli',
      lines: [`oscar-cli cluster add sandbox-${name} ${quoted(api)} -t ${quoted(refreshToken)} --disable-ssl`],
    },
    {
      id: 'python',
      title: 'oscar-python',
      lines: [
        'from oscar_python.client import Client',
        `client = Client({'cluster_id': 'sandbox', 'endpoint': ${python(api)}, 'ssl': False,`,
        `  'token_endpoint': ${python(tokenUrl)}, 'scopes': ['openid', 'profile', 'email'],`,
        `  'refresh_token': ${python(refreshToken)}})`,
      ],
    },
    {
      id: 'curl',
      title: 'A token for curl, for an hour',
      lines: [
        `TOKEN=$(curl -s ${quoted(tokenUrl)} ${form.map((part) => `-d ${quoted(part)}`).join(' ')} |`,
        `  sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
        `curl -H "Authorization: Bearer $TOKEN" ${quoted(`${api}/system/services`)}`,
      ],
    },
  ];
}
