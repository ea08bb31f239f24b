import { SandboxError } from '../../model/errors.ts';
import type { Cluster } from './clusters.ts';
import { isLoopback } from './loopback.ts';
import { visible } from './visible.ts';
import { type Answer, type Asking, ask } from './wire.ts';

export interface CredentialParts {
  /** A token that the user gave for this one time. */
  token: string | undefined;
  authority: string | undefined;
}

/** The header that tells a cluster who asks: a given token first, then what oscar-cli would use, in its order. */
export async function authorizationFor(cluster: Cluster, { token, authority }: CredentialParts): Promise<string> {
  const { name, account, refreshToken, user, password } = cluster;
  if (token) return `Bearer ${demandToken(token.trim())}`;
  if (account) {
    throw new SandboxError(
      'unauthorized',
      `${name} is used through oidc-agent, account ${visible(account)}, which is not asked here.`,
      {
        hint: `Hand its token in: OSCAR_SANDBOX_TOKEN="$(oidc-token ${visible(account)})" oscar-sandbox promote …`,
      },
    );
  }
  if (refreshToken) return `Bearer ${await refreshed(name, refreshToken, authority)}`;
  if (user) return `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
  throw new SandboxError('unauthorized', `oscar-cli's configuration has no credentials for ${name}.`, {
    hint: 'Put a token into OSCAR_SANDBOX_TOKEN, or add the cluster anew with `oscar-cli cluster add`.',
  });
}

function demandToken(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new SandboxError('invalid', 'The token has blanks or signs in it that no token has.', {
    hint: 'Give the token alone, in one line.',
  });
}

interface Claims {
  iss?: unknown;
  azp?: unknown;
  scope?: unknown;
}

/** An access token for a refresh token, from the issuer that the refresh token itself names. */
async function refreshed(name: string, refreshToken: string, authority: string | undefined): Promise<string> {
  const { iss, azp = '', scope = '' } = claimsOf(refreshToken);
  const issuer = URL.parse(String(iss));
  if (!issuer || (issuer.protocol !== 'https:' && !isLoopback(issuer.hostname))) throw useless(name, 'names no issuer');
  const form = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: String(azp),
    scope: String(scope),
  };
  const asking: Asking = {
    method: 'POST',
    url: `${String(iss).replace(/\/+$/, '')}/protocol/openid-connect/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
    seconds: 15,
  };
  const answer = await ask(asking, { verify: true, authority });
  const found = accessTokenIn(answer);
  if (found) return found;
  throw useless(name, `is no longer taken by ${issuer.host} (${answer.status})`);
}

function accessTokenIn({ status, text }: Answer): string | undefined {
  if (status !== 200) return undefined;
  const value = parsed(text) as { access_token?: unknown } | undefined;
  return typeof value?.access_token === 'string' ? value.access_token : undefined;
}

const claimsOf = (token: string): Claims =>
  (parsed(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims | undefined) ?? {};

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    // What is no JSON says nothing that we look for.
    return undefined;
  }
}

const useless = (name: string, why: string): SandboxError =>
  new SandboxError('unauthorized', `The refresh token of ${name} ${why}.`, {
    hint: 'Get a new one, or put an access token into OSCAR_SANDBOX_TOKEN.',
  });
