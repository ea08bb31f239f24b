import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askAs, people } from './persons.ts';
import { type StartedApi, startApi } from './started.ts';

let api: StartedApi;
let as: ReturnType<typeof askAs>;

const said = async (answer: Response) => `${answer.status} ${await answer.text()}`.trimEnd();

beforeAll(async () => {
  api = await startApi(() => [], people());
  as = askAs(api);
  const json = { name: 'hers', image: 'docker.io/library/alpine', script: '#!/bin/sh\ncat\n' };
  expect((await as('alice', '/system/services', { method: 'POST', json })).status).toBe(201);
  await api.serve('his', 'cat');
});
afterAll(async () => {
  expect(api.failures).toEqual([]);
  await api.close();
});

describe('what is wrong with a question about metrics', () => {
  const times: [query: string, error: string][] = [
    ['start=yesterday', 'invalid start timestamp'],
    ['start=2026-01-05', 'invalid start timestamp'],
    ['start=2026-02-30T00:00:00Z', 'invalid start timestamp'],
    ['start=2026-01-05T12:00:00', 'invalid start timestamp'],
    ['start=2026-01-05T25:00:00Z', 'invalid start timestamp'],
    // A plus that is not escaped is a blank.
    ['start=2026-01-05T12:00:00+02:00', 'invalid start timestamp'],
    ['end=1767614400', 'invalid end timestamp'],
    ['start=x&end=y', 'invalid end timestamp'],
    ['start=2026-01-05T12:00:00.2Z&end=2026-01-05T12:00:00.1Z', 'end must be after start'],
    ['start=2026-01-05T12:00:00Z&end=2026-01-05T13:00:00%2B02:00', 'end must be after start'],
  ];
  const everywhere = times.flatMap(([query, error]) =>
    ['/system/metrics?', '/system/metrics/his?', '/system/metrics/breakdown?group_by=user&'].map(
      (path): [string, string] => [path + query, error],
    ),
  );
  it.each([
    ...everywhere,
    ['/system/metrics/breakdown', 'group_by is required'],
    ['/system/metrics/breakdown?group_by=%20', 'group_by is required'],
    ['/system/metrics/breakdown?group_by=image', 'unsupported group_by'],
    ['/system/metrics/breakdown?group_by=constructor', 'unsupported group_by'],
    ['/system/metrics/breakdown?group_by=service&format=xml', 'invalid format'],
    ['/system/metrics/breakdown?group_by=image&format=', 'invalid format'],
    [
      '/system/metrics/breakdown?group_by=Service&format=CSV&include_users=TRUE',
      'include_users is not supported for csv',
    ],
    ['/system/metrics/his?metric=cpu', 'invalid metric key'],
    ['/system/metrics/his?metric=toString', 'invalid metric key'],
    ['/system/metrics/his?metric=services-count', 'unsupported metric for value query'],
    ['/system/metrics/his?metric=requests-per-user', 'unsupported metric for value query'],
    ['/system/metrics/his?metric=countries-count', 'unsupported metric for value query'],
    ['/system/metrics/his?metric=countries-list', 'unsupported metric for value query'],
    ['/system/metrics/%20', 'serviceName is required'],
  ])('%s: %s', async (path, error) => {
    const answer = await as('admin', path);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await said(answer)).toBe(`400 {"error":"${error}"}`);
  });

  it.each([
    ['bob', '/system/metrics/hers', '403'],
    ['bob', '/system/metrics/hers?start=x', '403'],
    ['bob', '/system/metrics/gone', '404'],
    ['nobody', '/system/metrics', '400 token is malformed: token contains an invalid number of segments'],
  ])('%s gets for %s: %s', async (who, path, answer) => {
    expect(await said(await as(who, path))).toBe(answer);
  });

  it.each(['/system/metrics', '/system/metrics/his', '/system/metrics/breakdown?group_by=user'])(
    '%s is for those alone who say who they are',
    async (path) => {
      const answer = await api.ask(path, { admin: false });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        'Basic realm="Authorization Required"',
      ]);
    },
  );
});
