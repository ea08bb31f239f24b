import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiPage } from '../../scripts/docs/page.ts';
import { operations } from '../../src/api/openapi/operations.ts';
import { allRoutes } from '../../src/api/routes/all.ts';
import { type StartedApi, startApi } from './started.ts';

let api: StartedApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const described = operations.flatMap(({ of }) => Object.entries(of));

it('describes every route, and no other, with those who may ask', () => {
  const routes = allRoutes(api.parts).map(({ method, path, access }) => `${method.toUpperCase()} ${path}: ${access}`);
  expect(described.map(([request, { who }]) => `${request}: ${who}`).sort()).toEqual(routes.sort());
});

it('is served to anyone', async () => {
  const answer = await api.ask('/openapi.json', { admin: false });
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
  expect(await answer.json()).toMatchObject({ openapi: '3.1.0', info: { title: 'OSCAR Sandbox', version: '0.1.0' } });
});

it('names only schemas that it has, and each operation once', async () => {
  const text = await (await api.ask('/openapi.json')).text();
  const { components, paths } = JSON.parse(text);
  const named = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
  expect(named.filter((name) => !((name as string) in components.schemas))).toEqual([]);
  const ids = Object.values(paths as Record<string, Record<string, { operationId: string }>>).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(ids.length).toBe(new Set(ids).size);
});

it('is what docs/api.md says; `npm run docs` writes it anew', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
  expect(page).toBe(apiPage());
});
