import { describe, expect, it } from 'vitest';
import { asSandboxError } from '../../src/model/errors.ts';
import { minioRecord, type ObjectEvent, targets } from '../../src/model/event.ts';
import { jobName, move } from '../../src/model/invocation.ts';
import { quantity } from '../../src/model/quantity.ts';
import { provider } from '../../src/model/service.ts';

const event: ObjectEvent = {
  id: 'e1',
  name: 's3:ObjectCreated:Put',
  bucket: 'demo',
  key: 'in/a b+c(1).txt',
  size: 3,
  etag: 'abc',
  contentType: 'text/plain',
  sequencer: '0001',
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  sourceIp: '127.0.0.1',
  principal: 'minio',
  userAgent: 'curl',
};

it('a full disk is told as such, however it is met', () => {
  for (const code of ['ENOSPC', 'SQLITE_FULL']) {
    const error = asSandboxError(Object.assign(new Error('no'), { code }));
    expect([error.code, error.message]).toEqual(['unavailable', 'No space is left on the disk of the data folder.']);
  }
  expect(asSandboxError(new Error('else')).code).toBe('internal');
});

describe('quantities', () => {
  it.each([
    ['256Mi', 268435456],
    ['1Gi', 1073741824],
    ['0.5', 0.5],
    ['500m', 0.5],
    ['1e3', 1000],
    ['2', 2],
    ['.5', 0.5],
    ['1k', 1000],
  ])('%s is %d', (text, value) => expect(quantity(text)).toBe(value));

  it.each(['', 'abc', '1.2.3', '5X', 'Mi', '1 Gi', '--1'])(
    '“%s” is refused with the sentence of Kubernetes',
    (text) => {
      expect(() => quantity(text)).toThrow('quantities must match the regular expression');
    },
  );
});

describe('events', () => {
  const listening = (service: string, prefix: string, suffix = '') => ({
    bucket: 'demo',
    service,
    events: ['s3:ObjectCreated:*'],
    prefix,
    suffix,
  });

  it('start each service whose prefix and suffix fit, once', () => {
    const subscriptions = [
      listening('a', 'in/'),
      listening('a', ''),
      listening('b', 'in/', '.jpg'),
      listening('c', 'out/'),
    ];
    expect(targets(event, subscriptions)).toEqual(['a']);
  });

  it('never start the service that wrote the object', () => {
    expect(targets({ ...event, writer: 'a' }, [listening('a', 'in/'), listening('b', 'in/')])).toEqual(['b']);
  });

  it('of another kind start nothing', () => {
    expect(targets({ ...event, name: 's3:ObjectRemoved:Delete' }, [listening('a', '')])).toEqual([]);
  });

  it('have the form that MinIO gives them, the key query-escaped', () => {
    const record = minioRecord(event, 'http://127.0.0.1:9000') as { Key: string; Records: Record<string, never>[] };
    expect(record.Key).toBe('demo/in/a b+c(1).txt');
    expect(record.Records[0]).toMatchObject({
      eventSource: 'minio:s3',
      eventTime: '2026-01-02T03:04:05.678Z',
      s3: { bucket: { name: 'demo', arn: 'arn:aws:s3:::demo' }, object: { key: 'in%2Fa+b%2Bc%281%29.txt', size: 3 } },
    });
  });
});

describe('names and states', () => {
  it('a job is called after its service, a long name cut as OSCAR cuts it', () => {
    expect(jobName('grayify')).toMatch(/^grayify-[0-9a-f]{8}-[0-9a-f-]{27}$/);
    expect(jobName('a-service-with-a-very-long-name')).toMatch(/^a-service-with-a-[0-9a-f]{8}-/);
  });

  it.each([
    ['minio', 'minio', 'default'],
    ['MinIO.default', 'minio', 'default'],
    ['S3.Mine.x', 's3', 'Mine.x'],
  ])('the provider %s is %s with the id %s', (text, type, id) => expect(provider(text)).toEqual({ type, id }));

  it('a finished invocation cannot move any more', () => {
    expect(move('Pending', 'start')).toBe('Running');
    expect(() => move('Succeeded', 'start')).toThrow('An invocation that is Succeeded cannot start.');
  });
});
