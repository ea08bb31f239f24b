import { type Code, failure } from '../failure.ts';
import { hmac } from './digests.ts';

/** The name of version 4. */
export const algorithm = 'AWS4-HMAC-SHA256';

/** What a signature of version 4 is made for. */
interface Scope {
  /** `20130524` */
  date: string;
  region: string;
}

/** `20130524/us-east-1/s3/aws4_request` */
export const scopeText = ({ date, region }: Scope): string => `${date}/${region}/s3/aws4_request`;

/** Who signs, and for what. */
export interface Credential extends Scope {
  accessKey: string;
}

/** Reads `KEY/20130524/us-east-1/s3/aws4_request`; any region is ours, another service is not. */
export function credentialOf(text: string, time: string, code: Code): Credential {
  // An access key may have slashes itself.
  const [, accessKey, date, region] = /^(.+)\/(\d{8})\/([^/]+)\/s3\/aws4_request$/.exec(text) ?? [];
  if (!accessKey || !date || !region) throw failure(code, 'The credential must be KEY/DATE/REGION/s3/aws4_request.');
  if (date !== time.slice(0, 8)) throw failure(code, 'The day of the credential is not that of the signature.');
  return { accessKey, date, region };
}

/** Deriving a key takes four hashes, and a client uses the same one all day. */
const derived = new Map<string, Buffer>();
const most = 1000;

/** The key of a day and region. Source: AWS Signature Version 4. */
export function signingKey(secret: string, { date, region }: Scope): Buffer {
  const name = `${secret}/${date}/${region}`;
  const known = derived.get(name);
  if (known) return known;
  const key = ['s3', 'aws4_request'].reduce<Buffer>(hmac, hmac(hmac(`AWS4${secret}`, date), region));
  if (derived.size >= most) derived.clear();
  derived.set(name, key);
  return key;
}
