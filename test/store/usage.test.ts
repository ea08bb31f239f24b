import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { migrations } from '../../src/store/migrations.ts';
import { createServices } from '../../src/store/services.ts';
import { createUsage, type Usage } from '../../src/store/usage.ts';
import { declared } from '../fakes/definitions.ts';

const hour = 3_600_000;
const day = 24 * hour;
const now = Date.UTC(2026, 5, 1, 10, 30);

let db: ReturnType<typeof openDatabase>;
let usage: Usage;
beforeEach(() => {
  db = openDatabase(':memory:');
  usage = createUsage(db);
});
afterEach(() => db.close());

const visits = (from: number, to: number) =>
  usage.asked({ from, to }).map(({ service, count }) => `${service} ${count}`);
const rows = (table: string) => db.prepare(`select count(*) as n from ${table}`).get()?.n;

it('tells what is of the last two days to the millisecond, what is older by the hour', async () => {
  const old = now - 3 * day;
  for (const time of [old, old + 1, old + 2, old + hour, now - day, now - day + 1]) await usage.visited('web', time);
  await usage.fold(now);
  expect([rows('usage'), rows('usage_hours')]).toEqual([2, 2]);
  expect(visits(now - day, now - day)).toEqual(['web 1']);
  expect(visits(old + 1, old + 1)).toEqual(['web 3']);
  expect(visits(old + 40 * 60_000, old + hour)).toEqual(['web 1']);
  expect(visits(old - 1, now)).toEqual(['web 6']);
  expect(visits(old - 2 * hour, old - hour)).toEqual([]);
});

it('adds to an hour what comes to it later', async () => {
  await usage.visited('web', now - 3 * day);
  await usage.fold(now);
  await usage.visited('web', now - 3 * day + 5);
  await usage.fold(now);
  expect([rows('usage'), rows('usage_hours'), visits(0, now)]).toEqual([0, 1, ['web 2']]);
});

it('forgets what is older than 400 days', async () => {
  await usage.visited('web', now - 401 * day);
  await usage.visited('web', now - 399 * day);
  await usage.fold(now);
  expect(visits(0, now)).toEqual(['web 1']);
});

it('does not grow with what is asked in two days, and loses none of it', async () => {
  usage = createUsage(db, { exact: 10, hours: 1000 });
  for (let index = 0; index < 25; index++) await usage.visited('web', now - 25 + index);
  await usage.fold(now);
  expect([rows('usage'), rows('usage_hours')]).toEqual([11, 1]);
  expect(visits(now - 25, now)).toEqual(['web 25']);
});

it('does not grow with the hours either: the oldest are forgotten', async () => {
  usage = createUsage(db, { exact: 10, hours: 3 });
  for (let days = 3; days < 13; days++) await usage.visited('web', now - days * day);
  await usage.fold(now);
  expect([rows('usage_hours'), visits(0, now), visits(0, now - 7 * day)]).toEqual([4, ['web 4'], []]);
});

it('keeps totals of the services that are declared alone', async () => {
  await createServices(db).save(declared({ name: 'web' }));
  for (const name of ['web', 'web', 'no-such']) await usage.visited(name, now - 500 * day);
  await usage.fold(now);
  expect(usage.totals()).toEqual([{ service: 'web', way: 'exposed', count: 2 }]);
  expect(rows('usage_totals')).toBe(1);
});

it('counts what an older sandbox wrote down', () => {
  const older = new Sqlite(':memory:');
  const step = migrations.findIndex((sql) => sql.includes('create table usage ('));
  for (const sql of migrations.slice(0, step)) older.exec(sql);
  const { definition } = declared({ name: 'web', cpu: '500m', enable_gpu: true });
  older.prepare('insert into service_versions values (?, 1, ?)').run('web', JSON.stringify({ definition }));
  const invocation = older.prepare(
    `insert into invocations (id, service, service_version, kind, state, attempt, created_at, started_at, finished_at)
     values (?, 'web', ?, 'job', ?, 1, 1, ?, ?)`,
  );
  invocation.run('a', 1, 'Succeeded', 1000, 4000);
  invocation.run('b', 1, 'Running', 1000, null);
  invocation.run('c', 1, 'Failed', null, 4000);
  invocation.run('d', 2, 'Failed', 1000, 4000);
  older.exec(`insert into requests values (5, 200, 1, '::1', 'POST', '/run/web', 'oscar')`);
  older.exec(`insert into requests values (6, 201, 1, '::1', 'POST', '/job/web/', 'alice')`);
  older.exec(migrations[step] ?? '');
  expect(older.prepare('select * from usage order by time').all()).toEqual([
    { time: 5, service: 'web', way: 'sync', user: 'oscar', cpu: '', gpus: 0, count: 1, ms: 0 },
    { time: 6, service: 'web', way: 'async', user: 'alice', cpu: '', gpus: 0, count: 1, ms: 0 },
    { time: 4000, service: 'web', way: 'work', user: '', cpu: '500m', gpus: 1, count: 1, ms: 3000 },
  ]);
  older.close();
});
