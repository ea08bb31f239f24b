import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { failure } from '../failure.ts';
import type { Checking } from '../signing/access.ts';
import { algorithm, credentialOf, signingKey } from '../signing/credential.ts';
import { hmacHex, hmacOfOld, sameSignature } from '../signing/digests.ts';
import { checkFormPolicy, type Range } from './policy.ts';
import { bounded, upToFile } from './reader.ts';

/** A form that a browser posts to a bucket, as far as it has arrived: the file is still on its way. */
export interface Form {
  key: string;
  /** Names in lower case. */
  fields: Record<string, string>;
  /** Fails with `EntityTooLarge` as soon as it is longer than the policy allows, and when the client leaves. */
  file: Readable;
  /** Empty when no field tells it: what the browser says of the file is not covered by the policy. */
  contentType: string;
  /** How long the file may be. */
  range: Range;
  accessKey: string;
}

/** Reads a form up to its file and checks that its policy was signed and allows it. */
export async function readForm(request: IncomingMessage, bucket: string, checking: Checking): Promise<Form> {
  const { fields, file, name } = await upToFile(request);
  try {
    const accessKey = checkSignature(fields, checking);
    if (!fields.key) throw failure('InvalidArgument', 'The form needs a field `key`.');
    // S3: variables are put in before the policy is looked at.
    // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own name for it
    fields.key = fields.key.replaceAll('${filename}', () => name);
    const range = checkFormPolicy(fields, bucket, checking.now());
    const contentType = fields['content-type'] ?? '';
    return { key: fields.key, fields, file: bounded(file, range.most), contentType, range, accessKey };
  } catch (error) {
    file.resume();
    throw error;
  }
}

/** Who signed the policy. A form without one is anonymous, and nobody may post anonymously. */
function checkSignature(fields: Record<string, string>, { secretOf }: Checking): string {
  const { policy } = fields;
  if (!policy) throw failure('AccessDenied', 'The form needs a signed policy.');
  const { accessKey, sent, sign } = fields.awsaccesskeyid === undefined ? signedV4(fields) : signedV2(fields);
  const secret = secretOf(accessKey);
  if (secret === undefined) throw failure('InvalidAccessKeyId');
  if (!sameSignature(sign(secret, policy), sent ?? '')) throw failure('SignatureDoesNotMatch');
  return accessKey;
}

interface Signing {
  accessKey: string;
  sent: string | undefined;
  sign: (secret: string, policy: string) => string;
}

function signedV4(fields: Record<string, string>): Signing {
  if (fields['x-amz-algorithm'] !== algorithm)
    throw failure('InvalidArgument', `x-amz-algorithm only supports ${algorithm}.`);
  const credential = credentialOf(fields['x-amz-credential'] ?? '', fields['x-amz-date'] ?? '', 'InvalidArgument');
  return {
    accessKey: credential.accessKey,
    sent: fields['x-amz-signature'],
    sign: (secret, policy) => hmacHex(signingKey(secret, credential), policy),
  };
}

const signedV2 = (fields: Record<string, string>): Signing => ({
  accessKey: fields.awsaccesskeyid ?? '',
  sent: fields.signature,
  sign: hmacOfOld,
});
