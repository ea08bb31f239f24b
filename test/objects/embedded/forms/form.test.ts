import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asFailure } from '../../../../src/objects/embedded/failure.ts';
import { readForm } from '../../../../src/objects/embedded/forms/form.ts';

const accessKey = 'AKIAIOSFODNN7EXAMPLE';
const secretKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const checking = { secretOf: (key: string) => (key === accessKey ? secretKey : undefined), now: () => now };

/** What became of the forms that were posted, in order. */
const outcomes: Promise<unknown>[] = [];
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const read = async () => {
      const { file, range, ...form } = await readForm(request, 'bucket', checking);
      if (request.url?.endsWith('?late')) await finished(request).then(() => setImmediate());
      return { ...form, fields: { ...form.fields }, content: (await buffer(file)).toString() };
    };
    const outcome = read().catch((error: unknown) => ({ refused: asFailure(error).code }));
    outcomes.push(outcome);
    outcome.then((told) => response.end(JSON.stringify(told)));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/bucket`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

type Conditions = unknown[];
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
const policyOf = (conditions: Conditions, expiration = new Date(now + 60_000).toISOString()) =>
  base64({ expiration, conditions });

const v4 = {
  'x-amz-algorithm': 'AWS4-HMAC-SHA256',
  'x-amz-credential': `${accessKey}/20260102/eu-west-1/s3/aws4_request`,
  'x-amz-date': '20260102T030405Z',
};
const coversV4: Conditions = Object.entries(v4).map(([name, value]) => ({ [name]: value }));

function signedV4(policy: string): Record<string, string> {
  const chain = ['20260102', 'eu-west-1', 's3', 'aws4_request', policy];
  const signature = chain.reduce<string | Buffer>(
    (key, text) => createHmac('sha256', key).update(text).digest(),
    `AWS4${secretKey}`,
  );
  return { ...v4, policy, 'X-Amz-Signature': (signature as Buffer).toString('hex') };
}

const signedV2 = (policy: string): Record<string, string> => ({
  AWSAccessKeyId: accessKey,
  policy,
  signature: createHmac('sha1', secretKey).update(policy).digest('base64'),
});

async function post(
  fields: Record<string, string>,
  file: Blob | null = new Blob(['content']),
  to = url,
): Promise<unknown> {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  if (file) body.append('file', file, 'a photo.jpg');
  return (await fetch(to, { method: 'POST', body })).json();
}

describe('a form is read up to its file', () => {
  const conditions: Conditions = [
    { bucket: 'bucket' },
    ['starts-with', '$key', 'user/'],
    ['eq', '$Content-Type', 'image/jpeg'],
    ['content-length-range', 1, 7],
  ];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own name for it
  const fields = { key: 'user/${filename}', 'Content-Type': 'image/jpeg' };
  const expected = { key: 'user/a photo.jpg', contentType: 'image/jpeg', content: 'content', accessKey };

  it('when its policy is signed with version 4', async () => {
    const signed = signedV4(policyOf([...conditions, ...coversV4]));
    expect(await post({ ...fields, ...signed, 'x-ignore-this': '1' })).toMatchObject(expected);
  });

  it('when its policy is signed with version 2', async () => {
    expect(await post({ ...fields, ...signedV2(policyOf(conditions)) })).toMatchObject(expected);
  });

  it('and waits for whoever reads the file late', async () => {
    const text = 'a'.repeat(200_000);
    const signed = { key: 'k', ...signedV2(policyOf([{ key: 'k' }])) };
    expect(await post(signed, new Blob([text]), `${url}?late`)).toMatchObject({ content: text });
  });

  it('and a field called file is the file, though it has no name', async () => {
    const signed = { key: 'k', ...signedV2(policyOf([{ key: 'k' }])), file: 'text' };
    expect(await post(signed, null)).toMatchObject({ key: 'k', content: 'text', contentType: '' });
  });
});

describe('a form is refused', () => {
  const key = { key: 'user/1' };
  const good = [['starts-with', '$key', 'user/'], ...coversV4];
  const signed = (conditions: Conditions, more = {}) => ({ ...key, ...more, ...signedV4(policyOf(conditions)) });
  const other = base64({ expiration: new Date(now + 60_000).toISOString(), conditions: [] });
  const rows: [why: string, fields: Record<string, string>, code: string][] = [
    ['without a policy', key, 'AccessDenied'],
    ['with a policy that was changed', { ...signed(good), policy: other }, 'SignatureDoesNotMatch'],
    [
      'with a policy that was changed, in version 2',
      { ...key, ...signedV2(policyOf(good)), policy: other },
      'SignatureDoesNotMatch',
    ],
    [
      'of somebody unknown',
      { ...signed(good), 'x-amz-credential': 'x/20260102/r/s3/aws4_request' },
      'InvalidAccessKeyId',
    ],
    [
      'of somebody unknown, in version 2',
      { ...key, ...signedV2(policyOf(good)), AWSAccessKeyId: 'x' },
      'InvalidAccessKeyId',
    ],
    [
      'for another service',
      { ...signed(good), 'x-amz-credential': `${accessKey}/20260102/r/sqs/aws4_request` },
      'InvalidArgument',
    ],
    ['with an algorithm that nobody knows', { ...signed(good), 'x-amz-algorithm': 'MD5' }, 'InvalidArgument'],
    ['when its time is over', { ...key, ...signedV4(policyOf(good, new Date(now).toISOString())) }, 'AccessDenied'],
    ['with a time that is none', { ...key, ...signedV4(policyOf(good, 'tomorrow')) }, 'AccessDenied'],
    ['for another key', signed([{ key: 'user/2' }, ...coversV4]), 'AccessDenied'],
    ['for another folder', signed([['starts-with', '$key', 'team/'], ...coversV4]), 'AccessDenied'],
    [
      'for another bucket, whatever it claims',
      signed([...good, { bucket: 'other' }], { bucket: 'other' }),
      'AccessDenied',
    ],
    ['with a field that the policy does not name', signed(good, { 'x-amz-meta-a': '1' }), 'AccessDenied'],
    ['without a field that the policy names', signed([...good, ['eq', '$acl', 'private']]), 'AccessDenied'],
    ['without a key', signedV4(policyOf(coversV4)), 'InvalidArgument'],
    ['with a file that is too long', signed([...good, ['content-length-range', 0, 6]]), 'EntityTooLarge'],
    ['with a length that is no number', signed([...good, ['content-length-range', 0, 'much']]), 'InvalidArgument'],
    ['with a condition that nobody knows', signed([...good, ['like', '$key', '*']]), 'InvalidArgument'],
    ['with a policy that is no JSON', { ...key, ...signedV4('e30x') }, 'InvalidArgument'],
  ];
  it.each(rows)('%s', async (_why, fields, code) => {
    expect(await post(fields)).toEqual({ refused: code });
  });

  it('without a file', async () => {
    expect(await post(signed(good), null)).toEqual({ refused: 'InvalidArgument' });
  });

  it('as soon as its file is too long, not when all of it has come', async () => {
    const file = new Blob(Array.from({ length: 64 }, () => new Uint8Array(65_536)));
    expect(await post(signed([...good, ['content-length-range', 0, 100]]), file)).toEqual({
      refused: 'EntityTooLarge',
    });
  });

  it.each([
    ['when it has no boundary', 'multipart/form-data', 'MalformedPOSTRequest'],
    ['when it ends in its fields', 'multipart/form-data; boundary=b', 'MalformedPOSTRequest'],
  ])('%s', async (_why, type, code) => {
    const body = '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nuse';
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
    expect(await answer.json()).toEqual({ refused: code });
  });

  const part = (name: string, value: string) => `--b\r\nContent-Disposition: form-data; name=${name}\r\n\r\n${value}`;
  const begun = (fields: Record<string, string>) =>
    [...Object.entries(fields), ['file; filename=f', 'half a fi'] as const]
      .map(([name, value]) => part(name, value))
      .join('\r\n');

  it('when it ends in its file', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const answer = await fetch(url, { method: 'POST', headers, body: begun(signed(good)) });
    expect(await answer.json()).toEqual({ refused: 'MalformedPOSTRequest' });
  });

  it('when the client leaves in the middle of the file', async () => {
    const before = outcomes.length;
    const body = begun(signed(good));
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    const head = `POST /bucket HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 99999\r\n\r\n`;
    socket.write(head + body);
    await expect.poll(() => outcomes.length).toBe(before + 1);
    socket.destroy();
    expect(await outcomes[before]).toEqual({ refused: 'IncompleteBody' });
  });
});
