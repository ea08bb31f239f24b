import {
  createLocalJWKSet,
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';

export type Claims = JWTPayload;

/** The public keys of an issuer. */
export type Keys = ReturnType<typeof createLocalJWKSet>;

/** Reads the keys that an issuer publishes. */
export const readKeys = (keys: unknown[]): Keys => createLocalJWKSet({ keys } as JSONWebKeySet);

/** A private key as it is kept in a file. */
export type PrivateKey = JWK & { kid: string };

/** What came of a look at a token's signature and dates. */
export type Verified =
  | { kind: 'valid'; claims: Claims }
  /** None of the keys made it: there may be newer ones. */
  | { kind: 'unknown-key' }
  | { kind: 'invalid'; why: string };

// A secret that both sides know, or none, proves nothing about who made a token.
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Clocks of two machines are never quite the same. */
const leewaySeconds = 10;

/** Was the token made by this issuer with one of these keys, and is it in its time? */
export async function verify(
  token: string,
  keys: Keys,
  { issuer, now }: { issuer: string; now: number },
): Promise<Verified> {
  const demands = {
    issuer,
    algorithms,
    clockTolerance: leewaySeconds,
    requiredClaims: ['exp', 'sub'],
    currentDate: new Date(now),
  };
  try {
    return { kind: 'valid', claims: (await jwtVerify(token, keys, demands)).payload };
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return { kind: 'unknown-key' };
    if (error instanceof errors.JOSEError) return { kind: 'invalid', why: error.message };
    // A key that is published but is none, a signature of the wrong form: the platform's own errors.
    return { kind: 'invalid', why: String(error) };
  }
}

/** Makes a new key for signatures. */
export async function createKey(kid: string): Promise<PrivateKey> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg: 'RS256', use: 'sig' };
}

/** The half of a key that anyone may see. */
export const publicHalf = ({ kty, n, e, kid, alg, use }: PrivateKey) => ({ kty, n, e, kid, alg, use });

/** Signs claims for whoever knows the public key. */
export async function sign(claims: Claims, key: PrivateKey): Promise<string> {
  const header = { alg: 'RS256', kid: key.kid, typ: 'JWT' };
  return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(key, 'RS256'));
}

/** Signs claims for ourselves alone. */
export const seal = (claims: Claims, secret: Uint8Array): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS512', typ: 'JWT' }).sign(secret);

/** The claims that were sealed with this secret and are in their time; of any other token, nothing. */
export async function unseal(token: string, secret: Uint8Array): Promise<Claims | undefined> {
  try {
    return (await jwtVerify(token, secret, { algorithms: ['HS512'] })).payload;
  } catch {
    // Whatever is wrong with it: it is none of ours.
    return undefined;
  }
}
