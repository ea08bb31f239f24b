import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silent } from '../../../src/log.ts';
import type { Told } from '../../../src/objects/minio/intake.ts';
import { createReceiver, type Receiver } from '../../../src/objects/minio/receiver.ts';
import { writerMark } from '../../../src/objects/minio/writers.ts';

const token = 'the token';
let receiver: Receiver;
let url: string;
let taken: { told: Told[]; last: boolean }[];
let broken: Error | undefined;

beforeEach(async () => {
  taken = [];
  broken = undefined;
  const take = async (told: Told[], { last }: { last: boolean }) => {
    if (broken) throw broken;
    taken.push({ told, last });
  };
  receiver = createReceiver({ token, intake: { take }, log: silent });
  url = `http://127.0.0.1:${await receiver.listen('127.0.0.1', 0)}`;
});
afterEach(() => receiver.close());

const record = (change: Record<string, unknown> = {}, object: Record<string, unknown> = {}) => ({
  eventName: 's3:ObjectCreated:Put',
  eventTime: '2026-01-02T03:04:05.678Z',
  requestParameters: { principalId: 'minio', sourceIPAddress: '172.18.0.1' },
  s3: {
    bucket: { name: 'inbox' },
    object: { key: 'in%2Fa+b.txt', size: 3, eTag: 'e', sequencer: '18EB574511527F0C', ...object },
  },
  source: { userAgent: 'mc' },
  ...change,
});

const send = (body: unknown, { path = '/events/now', authorization = `Bearer ${token}`, method = 'POST' } = {}) =>
  fetch(`${url}${path}`, {
    method,
    headers: { authorization },
    ...(method === 'POST' ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}),
  });

describe('what MinIO sends', () => {
  it('is taken in, with its key unescaped', async () => {
    expect((await send({ Records: [record()] }, { path: '/events/minio' })).status).toBe(200);
    expect(taken).toMatchObject([
      {
        last: true,
        told: [
          {
            event: {
              name: 's3:ObjectCreated:Put',
              bucket: 'inbox',
              key: 'in/a b.txt',
              size: 3,
              etag: 'e',
              sequencer: '18EB574511527F0C',
              time: Date.parse('2026-01-02T03:04:05.678Z'),
              principal: 'minio',
              sourceIp: '172.18.0.1',
              userAgent: 'mc',
            },
          },
        ],
      },
    ]);
  });

  it.each(['PutTagging', 'DeleteTagging', 'PutRetention', 'PutLegalHold'])(
    'is no creation when it is %s',
    async (name) => {
      expect((await send({ Records: [record({ eventName: `s3:ObjectCreated:${name}` })] })).status).toBe(200);
      expect(taken).toMatchObject([{ told: [] }]);
    },
  );

  it.each([
    ['s3:ObjectCreated:Put', 'in/a b.txt', 'grayify'],
    // The metadata came along from another object.
    ['s3:ObjectCreated:Put', 'elsewhere', undefined],
    ['s3:ObjectCreated:Copy', 'in/a b.txt', undefined],
  ])('as %s with the mark of a writer of %s is by %s', async (eventName, key, writer) => {
    const marked = Object.entries(writerMark('inbox', key, 'grayify'));
    const userMetadata = Object.fromEntries(marked.map(([name, value]) => [`X-Amz-Meta-${name}`, value]));
    await send({ Records: [record({ eventName }, { userMetadata })] });
    expect(taken[0]?.told[0]?.event.writer).toBe(writer);
  });
});

describe('anything else is refused', () => {
  const good = { Records: [record()] };
  it.each([
    [
      'a wrong token',
      good,
      { authorization: 'Bearer another' },
      401,
      'The token is not the one that the store was given.',
    ],
    ['no token', good, { authorization: '' }, 401, 'The token is not the one that the store was given.'],
    ['another path', good, { path: '/events' }, 404, 'Nothing is served at /events.'],
    ['another method', good, { method: 'GET' }, 400, 'Events are sent with POST.'],
    ['no JSON', '{', {}, 400, 'This is no event of MinIO: the body is not JSON.'],
    ['no records', {}, {}, 400, 'This is no event of MinIO: it has no Records.'],
    ['a record of nothing', { Records: [7] }, {}, 400, 'This is no event of MinIO: a record has no eventName.'],
    [
      'a record without a key',
      { Records: [record({}, { key: '' })] },
      {},
      400,
      'This is no event of MinIO: a record names no bucket or no key.',
    ],
    [
      'a key that is not escaped',
      { Records: [record({}, { key: '%zz' })] },
      {},
      400,
      'This is no event of MinIO: the key "%zz" is not escaped.',
    ],
    [
      'a record without a time',
      { Records: [record({ eventTime: 'now' })] },
      {},
      400,
      'This is no event of MinIO: a record has no sequencer or no eventTime.',
    ],
  ])('%s', async (_, body, options, status, sentence) => {
    const answer = await send(body, options);
    expect([answer.status, await answer.text()]).toEqual([status, `${sentence}\n`]);
    expect(taken).toEqual([]);
  });

  it('with 503 while it cannot be written down, so that it is sent again', async () => {
    broken = new Error('database is closed');
    expect((await send({ Records: [record()] })).status).toBe(503);
    broken = undefined;
    expect((await send({ Records: [record()] })).status).toBe(200);
  });
});
