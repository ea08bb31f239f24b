import { type Configuration, interactionPolicy, Provider } from 'oidc-provider';
import { isLoopback } from '../fetching.ts';
import type { PrivateKey } from '../jwt.ts';
import { type Account, claimsOf } from './accounts.ts';
import { claims, clientOf, everything, grantId, grantOf, scopes } from './clients.ts';
import { createMemory, createRule } from './memory.ts';
import { giveTokens } from './models.ts';
import { deviceCodeForm, deviceConnected, deviceQuestion, failurePage, type Rendering } from './pages.ts';
import { grantByPassword, lives, type PasswordParams } from './password.ts';
import type { Tokens } from './tokens.ts';

export interface ProviderParts {
  issuer: string;
  key: PrivateKey;
  secret: string;
  accounts: readonly Account[];
  tokens: Tokens;
  /** Where somebody logs in. */
  loginPath: string;
  onFailure(error: unknown): void;
  now(): number;
}

/** An OpenID provider with these users, whose paths and tokens are those of Keycloak. */
export function createProvider(parts: ProviderParts): Provider {
  const { issuer, accounts, tokens, onFailure } = parts;
  const provider = new Provider(issuer, configuration(parts));
  // Any client may ask, so what is asked for goes to this machine alone.
  provider.Client.prototype.redirectUriAllowed = (uri: string) => isLoopback(URL.parse(uri)?.hostname ?? '');
  nameModels(provider);
  giveTokens(provider, tokens);
  const params = ['username', 'password', 'scope'] satisfies (keyof PasswordParams)[];
  provider.registerGrantType<PasswordParams>(
    'password',
    (ctx) => {
      const idToken = async (account: Account) => {
        const token = Object.assign(new provider.IdToken(claimsOf(account), { ctx }), { scope: everything });
        return token.issue({ use: 'idtoken' });
      };
      return grantByPassword(ctx, { accounts, tokens, idToken });
    },
    params,
  );
  provider.on('server_error', (_ctx, error) => onFailure(error));
  const emitter: NodeJS.EventEmitter = provider;
  emitter.on('error', onFailure);
  return provider;
}

const models = [
  'AccessToken',
  'AuthorizationCode',
  'Client',
  'DeviceCode',
  'Grant',
  'IdToken',
  'Interaction',
  'RefreshToken',
  'ReplayDetection',
  'Session',
] as const;

/** The provider tells its models apart by their names, which a bundler may change. */
function nameModels(provider: Provider): void {
  for (const name of models) Object.defineProperty(provider[name], 'name', { value: name });
}

function configuration({ key, secret, accounts, loginPath, now }: ProviderParts): Configuration {
  const path = '/protocol/openid-connect';
  return {
    adapter: (kind) => {
      if (kind === 'Client') return createRule(clientOf);
      return kind === 'Grant' ? createRule(grantOf) : createMemory(now);
    },
    jwks: { keys: [key] },
    cookies: { keys: [secret] },
    claims,
    scopes,
    clientAuthMethods: ['none'],
    clientBasedCORS: () => true,
    features: { devInteractions: { enabled: false }, deviceFlow, rpInitiatedLogout: { enabled: false } },
    findAccount: (_ctx, uid) => {
      const account = accounts.find((one) => one.uid === uid);
      return account && { accountId: uid, claims: () => claimsOf(account) };
    },
    interactions: { policy: [loginEachTime()], url: (_ctx, { uid }) => `${loginPath}/${uid}` },
    issueRefreshToken: () => true,
    loadExistingGrant: async ({ oidc: { client, session, provider } }) => {
      if (!client || !session?.accountId) return undefined;
      return provider.Grant.find(grantId(session.accountId, client.clientId));
    },
    renderError: (ctx: Rendering, { error, error_description: why = '' }) => failurePage(ctx, `${error}: ${why}`),
    responseTypes: ['code'],
    rotateRefreshToken: false,
    routes: {
      authorization: `${path}/auth`,
      token: `${path}/token`,
      userinfo: `${path}/userinfo`,
      jwks: `${path}/certs`,
      device_authorization: `${path}/auth/device`,
      code_verification: '/device',
    },
    ttl: { ...lives, AuthorizationCode: 60, DeviceCode: 600, Interaction: 600, Session: 600, Grant: 600 },
  };
}

const deviceFlow = {
  enabled: true as const,
  charset: 'base-20' as const,
  mask: '****-****',
  userCodeInputSource: deviceCodeForm,
  userCodeConfirmSource: deviceQuestion,
  successSource: deviceConnected,
};

/** That a browser was logged in once is no reason to let the next page in, whoever made it. */
function loginEachTime() {
  const { Check, Prompt } = interactionPolicy;
  const asked = new Check('each_time', 'Somebody has to log in', 'login_required', ({ oidc }) => !oidc.result?.login);
  return new Prompt({ name: 'login', requestable: true }, asked);
}
