import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exchange } from './exchange.ts';
import { operations, requests, undeclared } from './fuzz.ts';
import { basic, type StartedApi, startApi } from './started.ts';

// The same requests each time; a longer hunt takes others: OSCAR_SANDBOX_FUZZ=SEED.
const { OSCAR_SANDBOX_FUZZ } = process.env;
const [seed, numRuns] = OSCAR_SANDBOX_FUZZ ? [Number(OSCAR_SANDBOX_FUZZ), 1000] : [4210, 60];
/** What would not end by itself ends. */
function ending(path: string): string {
  const [before = '', query] = path.split('?');
  const asks = new URLSearchParams(query);
  asks.set('follow', 'false');
  return `${before}?${asks}`;
}

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

it.each(operations)(
  '$request answers whatever it is asked as /openapi.json says',
  { timeout: 120_000 },
  async (operation) => {
    const authorizations = [basic, basic, basic, `Bearer ${'a'.repeat(64)}`, 'Bearer a.b.c', 'Basic eDp5', ''];
    const asked = requests(operation, authorizations).map((sent) => ({ ...sent, path: ending(sent.path) }));
    await fc.assert(
      fc.asyncProperty(asked, async (sent) => {
        await api
          .serve('here', 'echo ok', { input: [{ storage_provider: 'minio', path: 'here-bucket/in' }] })
          .catch(() => undefined);
        expect(undeclared(operation, await exchange(api.port, sent))).toBe(undefined);
      }),
      { seed, numRuns },
    );
    expect(api.failures).toEqual([]);
  },
);
