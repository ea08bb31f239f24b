import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presignedUrl } from '../../../../src/objects/embedded/signing/link.ts';
import { createWorld, keys, type World } from '../world.ts';

const Bucket = 'hostile';
let world: World;
let uploadId: string;
beforeAll(async () => {
  world = await createWorld();
  await world.s3.send(new CreateBucketCommand({ Bucket }));
  await world.s3.send(new PutObjectCommand({ Bucket, Key: 'digits', Body: '0123456789' }));
  uploadId = (await world.s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'parts' }))).UploadId ?? '';
});
afterAll(() => world.close());

interface Request {
  method?: string;
  bucket?: string;
  key?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: string;
}

/** The path of a link: signed by the administrator, so that nothing but the request itself can be wrong. */
function signed({ method = 'GET', bucket = Bucket, key = '', query = {} }: Request): string {
  const options = { method, bucket, key, query, endpoint: world.url, region: 'us-east-1', ...keys };
  return presignedUrl({ ...options, headers: {}, expiresSeconds: 60, now: Date.now() }).slice(world.url.length);
}

/** Sends the path as it stands: `fetch` would tidy it up first. */
const send = (path: string, { method = 'GET', headers, body }: Request) =>
  new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: world.port, path, method, headers, agent: false });
    request.on('error', reject);
    request.on('response', async (answer) =>
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) }),
    );
    request.end(body);
  });

const ask = async (request: Request) => send(signed(request), request);

const codeOf = (body: string): string => /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? '';

const inTwoLines = 'x\r\nset-cookie: a=b';
const numbers = ['-1', 'NaN', '1e3', '0x10', '1.5', ' 5', '99999999999'];
const completion = (parts: number) =>
  `<CompleteMultipartUpload>${Array.from({ length: parts }, (_, n) => `<Part><PartNumber>${n + 1}</PartNumber><ETag>x</ETag></Part>`).join('')}</CompleteMultipartUpload>`;
const deletion = (objects: number) => `<Delete>${'<Object><Key>no such key</Key></Object>'.repeat(objects)}</Delete>`;

const parts = (query: Record<string, string>, more: Request = {}): Request => ({
  key: 'parts',
  ...more,
  query: { uploadId, ...query },
});

const refused: [what: string, request: () => Request, code: string][] = [
  ['a key above its bucket', () => ({ method: 'PUT', key: '../../state.db' }), 'XMinioInvalidObjectName'],
  ['a key with the end of a text in it', () => ({ method: 'PUT', key: 'a\0b' }), 'XMinioInvalidObjectName'],
  [
    'a key with half a character in it',
    () => ({ method: 'POST', query: { delete: '' }, body: deletion(1).replace('no such key', '&#xD800;') }),
    'XMinioInvalidObjectName',
  ],
  ['a key of 1025 bytes', () => ({ method: 'PUT', key: 'k'.repeat(1025) }), 'KeyTooLongError'],
  ['a bucket above all others', () => ({ method: 'PUT', bucket: '..' }), 'InvalidBucketName'],
  ['a bucket with slashes in it', () => ({ method: 'PUT', bucket: 'a%2f..%2fb' }), 'InvalidBucketName'],
  [
    'a copy of what lies above all buckets',
    () => ({ method: 'PUT', key: 'copy', query: { 'x-amz-copy-source': '../state.db' } }),
    'NoSuchBucket',
  ],
  [
    'a copy of nothing that can be decoded',
    () => ({ method: 'PUT', key: 'copy', query: { 'x-amz-copy-source': `${Bucket}/%ff` } }),
    'InvalidURI',
  ],
  [
    'metadata in two lines',
    () => ({ method: 'PUT', key: 'k', query: { 'x-amz-meta-a': inTwoLines } }),
    'InvalidArgument',
  ],
  [
    'a name of metadata in two words',
    () => ({ method: 'PUT', key: 'k', query: { 'x-amz-meta-a b': 'x' } }),
    'InvalidArgument',
  ],
  [
    'more metadata than there may be',
    () => ({ method: 'PUT', key: 'k', query: { 'x-amz-meta-a': 'x'.repeat(2048) } }),
    'MetadataTooLarge',
  ],
  [
    'an answer whose type is in two lines',
    () => ({ key: 'digits', query: { 'response-content-type': inTwoLines } }),
    'InvalidArgument',
  ],
  [
    'a version in two lines',
    () => ({ method: 'DELETE', key: 'digits', query: { versionId: inTwoLines } }),
    'InvalidArgument',
  ],
  ...numbers.flatMap((number): typeof refused => [
    [`${number} keys of a listing`, () => ({ query: { 'max-keys': number } }), 'InvalidArgument'],
    [`${number} uploads of a listing`, () => ({ query: { uploads: '', 'max-uploads': number } }), 'InvalidArgument'],
    [`${number} parts of a listing`, () => parts({ 'max-parts': number }), 'InvalidArgument'],
    [`parts after ${number}`, () => parts({ 'part-number-marker': number }), 'InvalidArgument'],
    [`part ${number}`, () => parts({ partNumber: number }, { method: 'PUT' }), 'InvalidArgument'],
  ]),
  ...['', '0', '10001'].map((number): (typeof refused)[0] => [
    `part ${JSON.stringify(number)}`,
    () => parts({ partNumber: number }, { method: 'PUT' }),
    'InvalidArgument',
  ]),
  ['part 2 of an object without parts', () => ({ key: 'digits', query: { partNumber: '2' } }), 'InvalidPartNumber'],
  [
    'a continuation that nobody gave out',
    () => ({ query: { 'list-type': '2', 'continuation-token': '../..' } }),
    'InvalidArgument',
  ],
  ['parts that never came', () => parts({}, { method: 'POST', body: completion(20_000) }), 'InvalidPart'],
  [
    'a part without a number',
    () =>
      parts(
        {},
        {
          method: 'POST',
          body: '<CompleteMultipartUpload><Part><PartNumber>NaN</PartNumber></Part></CompleteMultipartUpload>',
        },
      ),
    'InvalidPart',
  ],
  ['1001 deletions', () => ({ method: 'POST', query: { delete: '' }, body: deletion(1001) }), 'MalformedXML'],
  [
    'a document of 5 MiB',
    () => ({ method: 'POST', query: { delete: '' }, body: deletion(1).padEnd(5 * 1024 * 1024) }),
    'MaxMessageLengthExceeded',
  ],
  [
    'a document of 100 000 storeys',
    () => ({ method: 'POST', query: { delete: '' }, body: `${'<a>'.repeat(1e5)}${'</a>'.repeat(1e5)}` }),
    'MalformedXML',
  ],
  [
    'entities that grow',
    () => ({ method: 'POST', query: { delete: '' }, body: '<!DOCTYPE a [<!ENTITY b "bbb">]><Delete>&b;</Delete>' }),
    'MalformedXML',
  ],
  [
    'a policy that is no list of rules',
    () => ({ method: 'PUT', query: { policy: '' }, body: '{"Statement":[null]}' }),
    'MalformedPolicy',
  ],
  [
    'a part that is to be encrypted',
    () => parts({ partNumber: '1', 'x-amz-server-side-encryption': 'AES256' }, { method: 'PUT' }),
    'NotImplemented',
  ],
];

describe('a signed request is refused by name and leaves nothing:', () => {
  it.each(refused)('%s', async (_what, request, code) => {
    const { body, headers } = await ask(request());
    expect(codeOf(body)).toBe(code);
    expect(headers['set-cookie']).toBeUndefined();
    expect(world.complaints).toEqual([]);
    expect(await world.files()).toEqual([]);
  });
});

describe('a range', () => {
  const rows: [range: string, status: number, body: string][] = [
    ['bytes=0-99999999999999999999', 206, '0123456789'],
    ['bytes=-99999999999999999999', 206, '0123456789'],
    ['bytes=9-9', 206, '9'],
    ['bytes=99999999999999999999-', 416, 'InvalidRange'],
    ['bytes=-0', 416, 'InvalidRange'],
    ['bytes=5-2', 200, '0123456789'],
    ['bytes=-', 200, '0123456789'],
    ['bytes=a-b', 200, '0123456789'],
    ['bytes=-1-2', 200, '0123456789'],
    [`bytes=${'0-0,'.repeat(5000)}1-1`, 200, '0123456789'],
    ['lines=1-2', 200, '0123456789'],
  ];
  it.each(rows)('of %.40s is answered with %s', async (range, status, body) => {
    const answer = await ask({ key: 'digits', headers: { range } });
    expect(answer.status).toBe(status);
    expect(status === 416 ? codeOf(answer.body) : answer.body).toBe(body);
  });
});

/** Sends these bytes and answers all that comes back. */
async function raw(head: string[], body = ''): Promise<string> {
  const socket = connect(world.port, '127.0.0.1');
  const answer = text(socket);
  socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
  return answer;
}

describe('what is hardly HTTP', () => {
  const put = () => `PUT ${signed({ method: 'PUT', key: 'odd' })} HTTP/1.1`;
  const rows: [what: string, head: () => string[], status: number, body?: string][] = [
    ['two ways to tell the length', () => [put(), 'Content-Length: 5', 'Transfer-Encoding: chunked'], 400, '0\r\n\r\n'],
    ['two lengths', () => [put(), 'Content-Length: 5', 'Content-Length: 6'], 400, 'hello!'],
    ['a length below nothing', () => [put(), 'Content-Length: -1'], 400],
    ['a chunk without a size', () => [put(), 'Transfer-Encoding: chunked'], 400, 'x\r\nhello\r\n'],
    ['an expectation nobody knows', () => [put(), 'Expect: wonders', 'Connection: close', 'Content-Length: 0'], 417],
    ['a header that breaks off', () => [put(), 'x-amz-meta-a: b\rc'], 400],
    ['a header without end', () => [put(), `x-amz-meta-a: ${'x'.repeat(70_000)}`], 431],
    ['a query without end', () => [`GET /?${'a=b&'.repeat(20_000)} HTTP/1.1`], 431],
    ['an address without a path', () => ['GET nowhere HTTP/1.1', 'Connection: close'], 400],
    ['too long a UTF-8', () => ['GET /hostile/%c0%ae%c0%ae/x HTTP/1.1', 'Connection: close'], 400],
    ['a way above all', () => ['GET /hostile/../../state.db HTTP/1.1', 'Connection: close'], 400],
  ];
  it.each(rows)('is refused: %s', async (_what, head, status, body) => {
    const [line = '', ...headers] = head();
    expect(await raw([line, 'Host: localhost', ...headers], body)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(world.complaints).toEqual([]);
  });
});

describe('a client that leaves in the middle', () => {
  const at = (what: Request, ...headers: string[]) =>
    [`${what.method} ${signed(what)} HTTP/1.1`, 'Host: localhost', ...headers].join('\r\n').concat('\r\n\r\n');
  const put: Request = { method: 'PUT', key: 'left' };
  const form = 'Content-Type: multipart/form-data; boundary=b';
  const large = 'x'.repeat(300_000);
  const rows: [what: string, bytes: () => string][] = [
    ['of its head', () => at(put).slice(0, 40)],
    ['before its body', () => at(put, 'Content-Length: 10000000')],
    ['while it waits to be asked', () => at(put, 'Expect: 100-continue', 'Content-Length: 10000000')],
    ['of a small body', () => `${at(put, 'Content-Length: 10')}x`],
    ['of a large body', () => at(put, 'Content-Length: 10000000') + large],
    ['of a chunk', () => `${at(put, 'Transfer-Encoding: chunked')}fffff\r\n${large}`],
    ['of a part', () => at(parts({ partNumber: '1' }, { method: 'PUT' }), 'Content-Length: 10000000') + large],
    ['of a document', () => `${at({ method: 'POST', query: { delete: '' } }, 'Content-Length: 1000')}<Delete>`],
    ['of a form', () => `${at({ method: 'POST' }, form, 'Content-Length: 1000')}--b\r\nContent-Dispo`],
  ];
  it.each(rows)('%s leaves nothing behind', async (_what, bytes) => {
    const socket = connect(world.port, '127.0.0.1');
    await new Promise<void>((resolve) => socket.write(bytes(), () => resolve()));
    // The others are served while it dawdles.
    const key = `beside ${_what}`;
    await world.s3.send(new PutObjectCommand({ Bucket, Key: key, Body: 'content' }));
    expect((await ask({ key })).body).toBe('content');
    socket.destroy();
    await expect.poll(world.files).toEqual([]);
    expect((await ask({ key: 'left' })).status).toBe(404);
    expect(world.complaints).toEqual([]);
  });

  it('of many answers does not keep the server from the next one', async () => {
    await world.s3.send(new PutObjectCommand({ Bucket, Key: 'large', Body: Buffer.alloc(20_000_000) }));
    const sockets = Array.from({ length: 20 }, () => connect(world.port, '127.0.0.1'));
    const request = at({ method: 'GET', key: 'large' });
    for (const socket of sockets) socket.write(request);
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('data', resolve))));
    for (const socket of sockets) socket.destroy();
    const whole = await world.s3.send(new GetObjectCommand({ Bucket, Key: 'large' }));
    expect((await whole.Body?.transformToByteArray())?.length).toBe(20_000_000);
    expect(world.complaints).toEqual([]);
  });
});
