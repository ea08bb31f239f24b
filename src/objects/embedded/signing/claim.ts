import { failure } from '../failure.ts';
import type { Target } from '../http/target.ts';
import type { Access, Checking, Signed } from './access.ts';
import { sign } from './canonical.ts';
import { type Credential, scopeText, signingKey } from './credential.ts';
import { sameSignature } from './digests.ts';

/** What a request says of its own signature of version 4. */
interface Claim {
  credential: Credential;
  time: string;
  /** The names of the headers that are covered. */
  signed: string[];
  signature: string;
  payload: string;
  presigned: boolean;
}

/** Grants what is claimed if the signature is that of the access key, and covers what it has to. */
export function granted(
  claim: Claim,
  { request, target, secretOf }: Checking & { request: Signed; target: Target },
): Access {
  const { credential, time, payload, presigned } = claim;
  const secret = secretOf(credential.accessKey);
  if (secret === undefined) throw failure('InvalidAccessKeyId');
  const headers = signedHeaders(request, claim.signed);
  const query = [...target.query].filter(([name]) => !presigned || name !== 'X-Amz-Signature');
  const signer = { key: signingKey(secret, credential), time, scope: scopeText(credential) };
  const signature = sign(signer, { method: request.method ?? '', path: target.path, query, headers, payload });
  if (!sameSignature(signature, claim.signature)) throw failure('SignatureDoesNotMatch');
  return { accessKey: credential.accessKey, payload, presigned, seed: { signature, ...signer } };
}

/** They are part of the signature anyway. */
const coveredOtherwise = ['x-amz-content-sha256', 'x-amz-date'];

function signedHeaders({ headersDistinct }: Signed, signed: string[]): [string, string[]][] {
  const uncovered = Object.keys(headersDistinct).find(
    (name) => name.startsWith('x-amz-') && !signed.includes(name) && !coveredOtherwise.includes(name),
  );
  const missing = uncovered ?? (signed.includes('host') ? undefined : 'host');
  // Otherwise whoever holds a link could turn it into a copy of another object.
  if (missing)
    throw failure('AccessDenied', `There were headers present in the request which were not signed: ${missing}.`);
  return signed.map((name) => {
    const values = headersDistinct[name];
    if (values === undefined) throw failure('AccessDenied', `The signed header ${name} is missing.`);
    return [name, values];
  });
}
