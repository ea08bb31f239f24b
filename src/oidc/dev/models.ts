import { everything, grantId } from './clients.ts';
import type { Subject, Tokens } from './tokens.ts';

/** A token of the provider, about to be handed out. */
interface Token {
  accountId: string;
  clientId?: string | undefined;
  scope?: string | undefined;
  /** Seconds that it lives. */
  readonly expiration: number;
}

// biome-ignore lint/complexity/noBannedTypes: which constructor it is makes no difference here.
type Model = Function & { prototype: { save(): Promise<string> } };

/** Has the provider hand out tokens that say all that there is to know of them, and are kept nowhere. */
export function giveTokens(models: { AccessToken: Model; RefreshToken: Model }, tokens: Tokens): void {
  const { AccessToken, RefreshToken } = models;
  AccessToken.prototype.save = function save(this: Token) {
    return tokens.access(subjectOf(this), this.expiration);
  } as () => Promise<string>;
  RefreshToken.prototype.save = function save(this: Token) {
    // Whatever was asked for at first, a client may ask for more when it refreshes.
    return tokens.refresh({ ...subjectOf(this), scope: everything }, this.expiration);
  } as () => Promise<string>;
  Object.assign(AccessToken, { find: finding(AccessToken, tokens.readAccess) });
  Object.assign(RefreshToken, { find: finding(RefreshToken, tokens.readRefresh) });
}

const subjectOf = ({ accountId, clientId = '', scope = '' }: Token): Subject => ({
  uid: accountId,
  client: clientId,
  scope,
});

const finding = (Model: Model, read: Tokens['readAccess']) => async (token: string) => {
  const { sub = '', azp, ...rest } = (await read(token)) ?? {};
  if (sub === '') return undefined;
  const { scope, iat, exp, jti } = rest;
  const known = { jti, iat, exp, scope, accountId: sub, clientId: azp, grantId: grantId(sub, String(azp)) };
  return Reflect.construct(Model, [{ ...known, gty: 'password' }]) as object;
};
