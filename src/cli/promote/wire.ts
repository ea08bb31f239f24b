import { readFile } from 'node:fs/promises';
import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import * as tls from 'node:tls';
import { SandboxError } from '../../model/errors.ts';
import { visible } from './visible.ts';

/** One request, and how long its answer may take. */
export interface Asking {
  method: 'GET' | 'POST' | 'PUT';
  url: string;
  headers: Record<string, string>;
  body?: string;
  seconds: number;
}

export interface Answer {
  status: number;
  /** Where a redirect points. It is never followed: whoever is there gets no credentials from us. */
  location?: string;
  text: string;
}

/** Whom to trust. */
export interface Trust {
  /** Whether the certificate is looked at. */
  verify: boolean;
  /** Further authorities, in PEM. */
  authority?: string;
}

/** More than any cluster has to say, and little enough for any memory. */
const most = 32;

/** Sends a request and reads the whole answer, whatever its status. */
export async function ask(asking: Asking, trust: Trust): Promise<Answer> {
  const signal = AbortSignal.timeout(asking.seconds * 1000);
  try {
    return await exchange(asking, trust, signal);
  } catch (error) {
    if (error instanceof SandboxError) throw error;
    throw signal.aborted ? late(asking) : unreachable(asking, error);
  }
}

function exchange(asking: Asking, trust: Trust, signal: AbortSignal): Promise<Answer> {
  const { method, url, headers, body } = asking;
  const secure = url.startsWith('https:');
  // A connection of its own, which ends with the answer: no other request may inherit what was trusted for this one.
  const options = { method, headers: withLength(headers, body), signal, agent: false as const };
  return new Promise((resolve, reject) => {
    const request = secure ? overHttps(url, { ...options, ...trusted(trust) }) : overHttp(url, options);
    request.on('error', reject);
    request.on('response', (answer) => {
      const { statusCode = 0, headers: said } = answer;
      textWithin(answer, asking).then((text) => resolve({ status: statusCode, location: said.location, text }), reject);
    });
    request.end(body);
  });
}

async function textWithin(answer: AsyncIterable<Buffer>, { method, url }: Asking): Promise<string> {
  const parts: Buffer[] = [];
  let left = most * 1024 * 1024;
  for await (const part of answer) {
    left -= part.length;
    if (left < 0) throw tooLong(method, url);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

const tooLong = (method: Asking['method'], url: string): SandboxError =>
  new SandboxError(
    'unavailable',
    `${hostOf(url)} answers with more than ${most} MiB, and is not read to its end.${lost(method)}`,
    {
      hint: 'Check the endpoint: no OSCAR has that much to say.',
    },
  );

const withLength = (headers: Record<string, string>, body = ''): Record<string, string> =>
  body ? { ...headers, 'content-length': String(Buffer.byteLength(body)) } : headers;

/** As oscar-cli does, the authorities of this machine count, beside those that Node.js brings along. */
function trusted({ verify, authority }: Trust): tls.SecureContextOptions & { rejectUnauthorized: boolean } {
  if (!verify) return { rejectUnauthorized: false };
  // Node.js 22.14 has no such function yet, and NODE_EXTRA_CA_CERTS is lost with `ca` there.
  const known = tls.getCACertificates
    ? [...tls.getCACertificates('default'), ...tls.getCACertificates('system')]
    : tls.rootCertificates;
  return { rejectUnauthorized: true, ca: [...new Set(known), ...(authority ? [authority] : [])] };
}

/** The certificates of a file, in PEM. */
export async function readAuthority(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new SandboxError('invalid', `${path} cannot be read: ${error.code}.`, { cause: error });
  });
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new SandboxError('invalid', `${path} holds no certificate.`, {
    hint: 'It must be in PEM: lines between -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----.',
  });
}

const late = ({ method, url, seconds }: Asking): SandboxError =>
  new SandboxError('timeout', `${hostOf(url)} has not answered in ${seconds} s.${lost(method)}`, {
    hint: 'Try again; --timeout SECONDS gives it more time.',
  });

const lost = (method: Asking['method']): string =>
  method === 'GET' ? '' : ' Whether it did what it was asked for is not known.';

const hostOf = (url: string): string => new URL(url).host;

const unknownAuthority =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/;

function unreachable({ method, url }: Asking, error: unknown): SandboxError {
  const { code = '', message: text } = error as NodeJS.ErrnoException;
  const message = visible(text, 300);
  const host = hostOf(url);
  const said = (sentence: string, hint: string) => new SandboxError('unavailable', sentence, { hint, cause: error });
  if (unknownAuthority.test(code)) {
    const hint =
      'Give the certificate of its authority with --ca FILE; oscar-cli does without one after `cluster add … --disable-ssl`.';
    return said(`The certificate of ${host} comes from an authority that is not known here (${code}).`, hint);
  }
  if (/^CERT_|^ERR_TLS_CERT/.test(code)) {
    return said(
      `The certificate of ${host} is not valid: ${message}.`,
      'The cluster needs a new one, or another name.',
    );
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) {
    return said(`${host} does not speak TLS as it should (${code}).`, 'Is its address one of http://?');
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return said(`${host} ended the connection before it had answered (${code}).${lost(method)}`, 'Try again.');
  }
  return said(
    `${host} cannot be reached: ${code || message}.`,
    'Check the address, and the network or VPN that leads there.',
  );
}
