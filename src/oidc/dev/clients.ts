/** What somebody's tokens can tell of them, by the scope that is asked for. */
export const claims = {
  openid: ['sub', 'groups', 'group_membership'],
  profile: ['name', 'preferred_username'],
  email: ['email', 'email_verified'],
  voperson_id: ['voperson_id'],
  eduperson_entitlement: ['eduperson_entitlement'],
};

/** The scopes there are. */
export const scopes = [...Object.keys(claims), 'offline_access', 'groups'];

/** All of them: what somebody agrees to by logging in. */
export const everything = scopes.join(' ');

/** A client as it would be registered. Any is welcome: none of them has a secret. */
export function clientOf(id: string): Record<string, unknown> | undefined {
  if (!/^[\x21-\x7e]{1,200}$/.test(id)) return undefined;
  return {
    client_id: id,
    token_endpoint_auth_method: 'none',
    application_type: 'native',
    // Where it may really send a browser back to is a rule, see `provider.ts`.
    redirect_uris: ['http://127.0.0.1/'],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token', 'password', 'urn:ietf:params:oauth:grant-type:device_code'],
  };
}

/** Names what a user has granted to a client. */
export const grantId = (uid: string, client: string): string =>
  Buffer.from(JSON.stringify([uid, client])).toString('base64url');

/** What that is: everything. */
export function grantOf(id: string): Record<string, unknown> {
  const [accountId, clientId] = JSON.parse(Buffer.from(id, 'base64url').toString()) as [string, string];
  return { jti: id, kind: 'Grant', accountId, clientId, openid: { scope: everything } };
}
