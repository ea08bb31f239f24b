import { randomUUID } from 'node:crypto';
import { type Claims, type PrivateKey, publicHalf, readKeys, seal, sign, unseal, verify } from '../jwt.ts';
import { type Account, claimsOf } from './accounts.ts';

/** What a token is about. */
export interface Subject {
  uid: string;
  client: string;
  scope: string;
}

/** The tokens of an issuer. They say themselves all that there is to know of them: nothing is kept of any. */
export interface Tokens {
  /** For a service that is called: anyone can check it. */
  access(subject: Subject, seconds: number): Promise<string>;
  /** For the issuer itself. Clients read `iss`, `azp` and `scope` in it. */
  refresh(subject: Subject, seconds: number): Promise<string>;
  readAccess(token: string): Promise<Claims | undefined>;
  readRefresh(token: string): Promise<Claims | undefined>;
}

export interface TokenParts {
  issuer: string;
  key: PrivateKey;
  secret: string;
  accounts: readonly Account[];
  now(): number;
}

/** Tokens as Keycloak makes them. */
export function createTokens({ issuer, key, secret, accounts, now }: TokenParts): Tokens {
  const keys = readKeys([publicHalf(key)]);
  const sealing = Buffer.from(secret, 'base64url');
  const frame = ({ uid, client, scope }: Subject, seconds: number): Claims => {
    const iat = Math.floor(now() / 1_000);
    return { exp: iat + seconds, iat, jti: randomUUID(), iss: issuer, sub: uid, azp: client, scope };
  };
  return {
    access: (subject, seconds) => {
      const account = accounts.find(({ uid }) => uid === subject.uid);
      const { eduperson_entitlement: _, voperson_id: __, ...said } = account ? claimsOf(account) : {};
      return sign({ ...frame(subject, seconds), aud: 'account', typ: 'Bearer', ...said }, key);
    },
    refresh: (subject, seconds) => seal({ ...frame(subject, seconds), aud: issuer, typ: 'Refresh' }, sealing),
    readAccess: async (token) => {
      const found = await verify(token, keys, { issuer, now: now() });
      return found.kind === 'valid' && found.claims.typ === 'Bearer' ? found.claims : undefined;
    },
    readRefresh: async (token) => {
      const claims = await unseal(token, sealing);
      return claims?.typ === 'Refresh' ? claims : undefined;
    },
  };
}
