import { describe, expect, it } from 'vitest';
import { readEvent } from '../../../src/executors/workspace/event.ts';
import { minioRecord } from '../../../src/model/event.ts';

const record = minioRecord(
  {
    id: 'e1',
    name: 's3:ObjectCreated:Put',
    bucket: 'demo',
    key: 'in/a b+é.txt',
    size: 3,
    etag: 'x',
    contentType: 'text/plain',
    sequencer: '1',
    time: 0,
    sourceIp: '127.0.0.1',
    principal: 'me',
    userAgent: 'test',
  },
  'http://127.0.0.1:9000',
);
const body = JSON.stringify(record);
const read = (text: string | Buffer) => readEvent(Buffer.from(text));

describe('the body of a call', () => {
  it.each([
    ['a JSON object is written anew', '{"a":1,"b":"é"}', '{"a": 1, "b": "\\u00e9"}'],
    ['an empty JSON object', '{}', '{}'],
    ['base64 is decoded', 'aGVsbG8=', 'hello'],
    ['base64 with blanks and newlines', 'aGVs\r\n bG8=\n', 'hello'],
    ['nothing is an empty file', '', ''],
    ['text of a wrong length is taken as sent', 'hello', 'hello'],
    ['text with other characters is taken as sent', 'hello, world', 'hello, world'],
    ['a word that happens to be base64 is decoded', 'abcd', Buffer.from('abcd', 'base64')],
    ['text that is not ASCII is taken as sent', 'é', 'é'],
    ['a list is taken as sent', '[1,2]', '[1,2]'],
    ['a number is taken as sent', '123', '123'],
    ['padding in the middle is no base64', 'aGVsbG8=aGVsbG8=', 'aGVsbG8=aGVsbG8='],
    ['a JSON string of base64', '"aGVsbG8="', 'hello'],
    ['a JSON string of text', '"plain"', 'plain'],
    ['a JSON string of a JSON object', '"{\\"a\\":1}"', '{"a": 1}'],
    ['bytes that are no text', Buffer.from([0, 255, 128]), Buffer.from([0, 255, 128])],
    ['a delegated call', '{"event":"aGk="}', 'hi'],
    ['a delegated object', '{"event":{"x":[]}}', '{"x": []}'],
    ['an event that is no wrapper', '{"event":5}', '{"event": 5}'],
    ['an event_type without payload is ordinary JSON', '{"event_type":"close"}', '{"event_type": "close"}'],
    ['a gateway with a body', '{"httpMethod":"POST","body":"aGk="}', 'hi'],
    ['a gateway with a JSON body', '{"httpMethod":"POST","body":"{\\"a\\":1}"}', '{"a": 1}'],
    ['a gateway with no body', '{"httpMethod":"GET","body":null}', ''],
    [
      'records from elsewhere are ordinary JSON',
      '{"Records":[{"eventSource":"mine"}]}',
      '{"Records": [{"eventSource": "mine"}]}',
    ],
  ])('%s', (_, sent, expected) => {
    const { event } = read(sent);
    expect(event).toEqual({ kind: 'call', content: Buffer.from(expected) });
  });
});

describe('events', () => {
  const object = { kind: 'object', bucket: 'demo', key: 'in/a b+é.txt', time: '1970-01-01T00:00:00.000Z' };
  const own = { type: 'minio', id: 'default' };

  it.each([
    ['as MinIO sends it', body, own],
    ['inside a gateway event', JSON.stringify({ httpMethod: 'POST', body }), own],
    ['delegated', JSON.stringify({ event: body }), own],
    [
      'delegated with a bare id',
      JSON.stringify({ storage_provider: 'edge', event: body }),
      { type: 'minio', id: 'edge' },
    ],
    ['delegated with type and id', JSON.stringify({ storage_provider: 'minio.default', event: record }), own],
    ['from Amazon', body.replace('minio:s3', 'aws:s3'), { type: 's3', id: 'default' }],
  ])('an object event %s', (_, sent, provider) => {
    const { event } = read(sent);
    expect(event).toMatchObject({ ...object, provider });
    expect(JSON.parse(event.kind === 'object' ? event.json : '').Records[0].s3.bucket.name).toBe('demo');
  });

  it.each([
    ['Rucio', '{"event_type":"close","payload":{"scope":"user","name":"dataset"}}'],
    ['Onedata', '{"Key":"/s/f","Records":[{"objectKey":"f","eventTime":"t","eventSource":"OneTrigger"}]}'],
  ])('an event of %s is known and refused', (name, sent) => {
    expect(read(sent).event).toEqual({
      kind: 'foreign',
      reason: `The event comes from ${name}, which OSCAR Sandbox cannot read from.`,
    });
  });

  it('knows the file of an event of dCache', () => {
    const sent = '{"event":{"name":"f","mask":["IN_CREATE"]},"subscription":"https://x"}';
    expect(read(sent).event).toEqual({ kind: 'dcache', name: 'f' });
  });

  it('takes the query of a gateway event for variables, strings only', () => {
    const query = { name: 'Ada', count: 3 };
    const { variables } = read(JSON.stringify({ httpMethod: 'GET', queryStringParameters: query, body: '' }));
    expect(variables).toEqual({ CONT_VAR_name: 'Ada' });
  });
});
