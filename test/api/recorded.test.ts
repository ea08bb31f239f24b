import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deviations, reasons } from './deviations.ts';
import { exchange } from './exchange.ts';
import { masked } from './masks.ts';
import { authOf, before, filled } from './recordedsetup.ts';
import { type StartedApi, startApi } from './started.ts';

interface Row {
  id: string;
  request: string;
  auth: string;
  headers?: Record<string, string>;
  body?: string | object;
  status: number;
  answerHeaders?: Record<string, string>;
  answer: string;
  alsoFine?: number[];
}

const rows = readFileSync(join(import.meta.dirname, '../fixtures/recorded.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => JSON.parse(line) as Row);

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

async function asked({ request, auth, headers, body }: Row) {
  const [method = '', path = ''] = request.split(' ');
  const sent = typeof body === 'object' ? JSON.stringify(body) : body;
  return exchange(api.port, {
    method,
    path: filled(path, api),
    headers: { ...authOf(auth, api), ...headers },
    ...(sent === undefined ? {} : { body: sent }),
  });
}

it.each(rows)('$id: $request is answered as OSCAR does, or as differences.md says', async (row) => {
  for (const step of before[row.id] ?? []) await step(api);
  const { status, headers, text } = await asked(row);
  const told = masked(text, api.buckets.endpoint());
  expect(headers['content-length']).toBe(status === 204 ? undefined : String(Buffer.byteLength(text)));
  expect([headers.etag, headers['x-powered-by'], headers['transfer-encoding']]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const deviation = deviations[row.id];
  if (deviation) {
    expect({ status, answer: told }).toEqual({ status: deviation.status, answer: deviation.answer });
    return;
  }
  // What a decoder says after OSCAR's prefix is free, and not in the recording.
  const answer = row.answer.endsWith(': ') ? told.slice(0, row.answer.length) : told;
  expect({ status, answer }).toEqual({ status: row.status, answer: masked(row.answer, api.buckets.endpoint()) });
  expect(headers['content-type']).toBe(row.answerHeaders?.['content-type']);
  for (const [name, value] of Object.entries(row.answerHeaders ?? {})) {
    const given = headers[name];
    expect(masked(String(given), api.buckets.endpoint())).toBe(value);
  }
});

it('deviates in nothing that was not recorded, and tells every reason in docs/differences.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/differences.md'), 'utf8').replace(/\s+/g, ' ');
  const unknown = Object.keys(deviations).filter((id) => !rows.some((row) => row.id === id));
  const untold = Object.values(reasons).filter((reason) => !page.includes(reason));
  expect({ unknown, untold, failures: api.failures }).toEqual({ unknown: [], untold: [], failures: [] });
});
