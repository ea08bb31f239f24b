import { type Account, accountWith } from './accounts.ts';
import { everything, scopes } from './clients.ts';
import type { Tokens } from './tokens.ts';

/** Seconds that tokens last. One that refreshes others lives in a client's configuration. */
export const lives = { AccessToken: 3_600, RefreshToken: 90 * 86_400, IdToken: 3_600 } as const;

export interface PasswordParams {
  username?: string;
  password?: string;
  scope?: string;
}

/** What of the provider's context a grant is about. */
interface Asking {
  oidc: { client: { clientId: string }; params: PasswordParams };
  status: number;
  body?: unknown;
}

interface Parts {
  accounts: readonly Account[];
  tokens: Tokens;
  idToken(account: Account): Promise<string>;
}

/** Gives tokens for a name and a password, as programs without a browser ask. */
export async function grantByPassword(ctx: Asking, { accounts, tokens, idToken }: Parts): Promise<void> {
  const { username = '', password = '', scope: asked = '' } = ctx.oidc.params;
  const account = accountWith(accounts, username, password);
  if (!account) {
    ctx.status = 401;
    // Keycloak's words.
    ctx.body = { error: 'invalid_grant', error_description: 'Invalid user credentials' };
    return;
  }
  const known = asked.split(' ').filter((one) => scopes.includes(one));
  const scope = known.join(' ') || 'openid profile email';
  const subject = { uid: account.uid, client: ctx.oidc.client.clientId, scope };
  ctx.body = {
    access_token: await tokens.access(subject, lives.AccessToken),
    expires_in: lives.AccessToken,
    refresh_token: await tokens.refresh({ ...subject, scope: everything }, lives.RefreshToken),
    refresh_expires_in: lives.RefreshToken,
    token_type: 'Bearer',
    scope,
    ...(scope.split(' ').includes('openid') ? { id_token: await idToken(account) } : {}),
  };
}
