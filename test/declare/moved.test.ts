import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { serveFolder } from '../../src/daemon/folder.ts';
import { createDeclare } from '../../src/declare/declare.ts';
import type { Watch } from '../../src/declare/watch.ts';
import { silent } from '../../src/log.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createLogs } from '../../src/store/logs.ts';
import { createStore, type Store } from '../../src/store/store.ts';

let folder: string;
let db: Database;
let store: Store;
let watch: Watch;
/** What was forgotten with services that went, and what was told of files. */
let said: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'moved-'));
  db = openDatabase(':memory:');
  store = createStore(db, createLogs(folder, { now: () => 0, maxBytes: 1, onFailure: () => undefined }), folder);
  said = [];
  await writeFile(join(folder, 'run.sh'), 'true\n');
  watch = open();
});
afterEach(async () => {
  await watch.close();
  await db.close();
  await rm(folder, { recursive: true });
});

function open(): Watch {
  const nothing = async () => undefined;
  const declare = createDeclare({
    store,
    minio: () => ({ endpoint: 'http://127.0.0.1:9000', verify: false, access_key: '', secret_key: '', region: '' }),
    provision: { check: () => undefined, claim: async () => [], listen: nothing, settle: nothing, release: nothing },
    forget: async (name) => void said.push(`forgot ${name}`),
    nudge: () => undefined,
    onDeclared: () => undefined,
    onRemoved: () => undefined,
    onFailed: (_, error) => expect.fail(error.message),
    now: Date.now,
  });
  const tell = ({ text }: { text: string }) => void said.push(text);
  return serveFolder({ folder, store, declare, tell, now: Date.now, log: silent });
}

/** Puts files with these services into the folder, all in one moment, as git does. */
async function checkOut(files: Record<string, string[]>): Promise<void> {
  for (const [file, names] of Object.entries(files)) {
    const services = names.map((name) => `  - local: {name: ${name}, image: busybox, script: run.sh}\n`);
    await writeFile(join(folder, `${file}.tmp`), `functions:\n  oscar:\n${services.join('')}`);
  }
  for (const file of Object.keys(files)) await rename(join(folder, `${file}.tmp`), join(folder, `${file}.yaml`));
}

const sources = (): Record<string, string> =>
  Object.fromEntries(
    store.services.list().map(({ name, source }) => [name, source.kind === 'file' ? source.path.slice(-6, -5) : '']),
  );

/** Resolves when the services come from these files and nothing is left to do. */
async function until(wanted: Record<string, string>): Promise<void> {
  await expect.poll(sources, { interval: 5 }).toEqual(wanted);
  await watch.scan();
  expect(sources()).toEqual(wanted);
}

it.each([
  ['two files', []],
  ['many files', ['c', 'd', 'e', 'f']],
])('a service that moves between %s keeps its jobs and logs', async (_what, others) => {
  let n = 0;
  const change = (a: string[], b: string[]) => {
    n++;
    const more = others.map((name) => [name, [name, `${name}${n % 2}`]]);
    return checkOut({ ...Object.fromEntries(more), a, b });
  };
  const rest = () =>
    Object.fromEntries(
      others.flatMap((name) => [
        [name, name],
        [`${name}${n % 2}`, name],
      ]),
    );
  await change(['a', 'x'], ['b']);
  await watch.scan();
  for (let i = 0; i < 3; i++) {
    await change(['a'], ['b', 'x']);
    await until({ a: 'a', b: 'b', x: 'b', ...rest() });
    await change(['a', 'x'], ['b']);
    await until({ a: 'a', b: 'b', x: 'a', ...rest() });
  }
  expect(said.filter((text) => text.includes('forgot x') || text.includes('not called'))).toEqual([]);
  expect(store.services.get('x')?.version).toBeGreaterThanOrEqual(7);
});

it('a service whose file takes another name keeps its jobs and logs', async () => {
  await checkOut({ a: ['x'] });
  await watch.scan();
  await rename(join(folder, 'a.yaml'), join(folder, 'b.yaml'));
  await until({ x: 'b' });
  expect(said).toEqual([]);
});

it('a service that left its file and is in no other one is withdrawn', async () => {
  await checkOut({ a: ['a', 'x'] });
  await watch.scan();
  await checkOut({ a: ['a'] });
  await until({ a: 'a' });
  expect(said).toEqual(['forgot x']);
});

it('a service that had left its file when the daemon ended is withdrawn by the next one', async () => {
  await checkOut({ a: ['a', 'x'] });
  await watch.scan();
  await checkOut({ a: ['a'] });
  await expect.poll(() => store.services.get('a')?.version, { interval: 1 }).toBe(2);
  await watch.close();
  watch = open();
  await watch.scan();
  expect(sources()).toEqual({ a: 'a' });
});
