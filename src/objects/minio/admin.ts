import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { SandboxError } from '../../model/errors.ts';
import type { Endpoint } from '../buckets.ts';
import { canonicalQuery, sign } from '../embedded/signing/canonical.ts';
import { algorithm, scopeText, signingKey } from '../embedded/signing/credential.ts';
import { sha256Hex } from '../embedded/signing/digests.ts';
import { amzDate } from '../embedded/signing/times.ts';

/** What only MinIO has beside S3: its users, and what each of them may do. */
export interface Admin {
  /** Does what answers there have it at all? */
  isThere(): Promise<boolean>;
  /** Makes the user, or gives them this secret. */
  addUser(accessKey: string, secretKey: string): Promise<void>;
  /** Makes the policy, or replaces it. */
  putPolicy(name: string, policy: object): Promise<void>;
  /** The user may do what the policy says, and nothing else. */
  usePolicy(name: string, accessKey: string): Promise<void>;
}

/** How often it is asked while it starts. */
const patience = 20;

/** MinIO's own API, asked as its administrator. */
export function createAdmin(endpoint: () => Endpoint, now: () => number): Admin {
  const ask = async (asked: Asked): Promise<void> => {
    const { status, text } = await exchange(endpoint(), asked, now());
    if (status < 300) return;
    const why = /"Message":"([^"]*)"/.exec(text)?.[1] ?? `it answers ${status}`;
    throw new SandboxError('failed', `MinIO did not do ${asked.path}: ${why}.`);
  };
  return {
    isThere: async () => {
      for (let left = patience; ; left -= 1) {
        const asked = { method: 'GET' as const, path: 'list-canned-policies', query: {} };
        const { status } = await exchange(endpoint(), asked, now());
        // MinIO may answer before it knows its users itself.
        if (status !== 503 || left === 0) return status === 200;
        await pause(250);
      }
    },
    addUser: (accessKey, secret) => {
      const user = Buffer.from(JSON.stringify({ secretKey: secret, status: 'enabled' }));
      const body = sealed(endpoint().secretKey, user);
      return ask({ method: 'PUT', path: 'add-user', query: { accessKey }, body });
    },
    putPolicy: (name, policy) =>
      ask({ method: 'PUT', path: 'add-canned-policy', query: { name }, body: Buffer.from(JSON.stringify(policy)) }),
    usePolicy: (policyName, userOrGroup) =>
      ask({
        method: 'PUT',
        path: 'set-user-or-group-policy',
        query: { policyName, userOrGroup, isGroup: 'false' },
      }),
  };
}

interface Asked {
  method: 'GET' | 'PUT';
  path: string;
  query: Record<string, string>;
  body?: Buffer;
}

function exchange(
  { url, region, accessKey, secretKey }: Endpoint,
  { method, path, query, body = Buffer.alloc(0) }: Asked,
  now: number,
): Promise<{ status: number; text: string }> {
  const base = new URL(url);
  const time = amzDate(now);
  const scope = { date: time.slice(0, 8), region };
  const payload = sha256Hex(body);
  const headers: [string, string][] = [
    ['host', base.host],
    ['x-amz-content-sha256', payload],
    ['x-amz-date', time],
  ];
  const pairs = Object.entries(query);
  const signed = headers.map(([name, value]): [string, string[]] => [name, [value]]);
  const target = `/minio/admin/v3/${path}`;
  const signature = sign(
    { key: signingKey(secretKey, scope), time, scope: scopeText(scope) },
    { method, path: target, query: pairs, headers: signed, payload },
  );
  const names = headers.map(([name]) => name).join(';');
  const authorization = `${algorithm} Credential=${accessKey}/${scopeText(scope)}, SignedHeaders=${names}, Signature=${signature}`;
  const send = base.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sending = send(
      `${base.origin}${target}?${canonicalQuery(pairs)}`,
      {
        method,
        headers: { ...Object.fromEntries(headers), authorization, 'content-length': body.length },
        timeout: 10_000,
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
        answer.on('error', reject);
      },
    );
    sending.on('timeout', () => sending.destroy(new Error('MinIO does not answer.')));
    sending.on('error', reject);
    sending.end(body);
  });
}

// MinIO: the third of its ways to seal what holds a secret, the one that every Node can do.
const way = 0x02;
const rounds = 8192;

/** A text that MinIO opens with the administrator's secret (its `madmin.EncryptData`). */
function sealed(password: string, content: Buffer): Buffer {
  const salt = randomBytes(32);
  const nonce = randomBytes(8);
  const key = pbkdf2Sync(password, salt, rounds, 32, 'sha256');
  const seal = (count: number, data: Buffer, about: Buffer): Buffer => {
    const number = Buffer.alloc(4);
    number.writeUInt32LE(count);
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.concat([nonce, number]));
    cipher.setAAD(about);
    return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
  };
  // The first seal covers nothing but vouches for the rest; 0x80 marks the last piece, which here is the only one.
  const first = seal(0, Buffer.alloc(0), Buffer.alloc(0));
  const only = seal(1, content, Buffer.concat([Buffer.from([0x80]), first]));
  return Buffer.concat([salt, Buffer.from([way]), nonce, only]);
}
