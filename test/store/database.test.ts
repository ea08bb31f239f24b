import { copyFileSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, takeLock } from '../../src/store/database.ts';
import { migrations } from '../../src/store/migrations.ts';
import { demandSchema } from '../../src/store/schema.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'database-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the database', () => {
  it('has on disk what a write answered, whoever opens it next', async () => {
    const file = join(folder, 'state.db');
    const db = openDatabase(file);
    await db.write(() => db.prepare('insert into settings values (?, ?)').run('a', '1'));
    // As a crash would leave it: the file and its journal, copied from under the one who has them open.
    for (const name of ['state.db', 'state.db-wal']) copyFileSync(join(folder, name), join(folder, `copy-${name}`));
    const second = openDatabase(join(folder, 'copy-state.db'));
    expect(second.prepare('select value from settings').get()).toEqual({ value: '1' });
    await Promise.all([db.close(), second.close()]);
  });

  it('rolls back the one write that throws and keeps those that shared its transaction', async () => {
    const db = openDatabase(':memory:');
    const insert = db.prepare('insert into settings values (?, ?)');
    const results = await Promise.allSettled([
      db.write(() => insert.run('a', '1')),
      db.write(() => {
        insert.run('b', '2');
        throw new Error('no');
      }),
      db.write(() => insert.run('c', '3')),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(db.prepare('select name from settings order by name').all()).toEqual([{ name: 'a' }, { name: 'c' }]);
    await db.close();
  });

  it('shows what is written later at once, and has it on disk with the next write', async () => {
    const db = openDatabase(':memory:');
    const insert = db.prepare('insert into settings values (?, ?)');
    const told: string[] = [];
    const later = db.later(() => insert.run('a', '1')).then(() => told.push('later'));
    expect(db.prepare('select name from settings').all()).toEqual([{ name: 'a' }]);
    await db.write(() => insert.run('b', '2')).then(() => told.push('write'));
    await later;
    expect(told).toEqual(['later', 'write']);
    await expect(db.later(() => insert.run('a', '3'))).rejects.toThrow('UNIQUE');
    await db.close();
  });

  it('has what is written later on disk a moment later, or when it closes', async () => {
    const file = join(folder, 'state.db');
    const db = openDatabase(file);
    await db.later(() => db.prepare('insert into settings values (?, ?)').run('a', '1'));
    const last = db.later(() => db.prepare('insert into settings values (?, ?)').run('b', '2'));
    await db.close();
    await last;
    const again = openDatabase(file);
    expect(again.prepare('select count(*) as n from settings').get()).toEqual({ n: 2 });
    await again.close();
  });

  it('loses everything of a transaction that cannot be committed, and says so to everyone', async () => {
    const file = join(folder, 'state.db');
    const db = openDatabase(file);
    db.prepare('pragma max_page_count = 1').get();
    const insert = db.prepare('insert into settings values (?, ?)');
    const large = 'x'.repeat(1_000_000);
    const both = await Promise.allSettled([
      db.later(() => insert.run('small', '1')),
      db.write(() => insert.run('large', large)),
    ]);
    expect(both.map(({ status }) => status)).toContain('rejected');
    db.prepare('pragma max_page_count = 1000000').get();
    await db.write(() => insert.run('after', '1'));
    expect(db.prepare("select 1 as there from settings where name = 'after'").get()).toEqual({ there: 1 });
    await db.close();
  });

  it('finishes the writes that wait before it closes', async () => {
    const file = join(folder, 'state.db');
    const db = openDatabase(file);
    const write = db.write(() => db.prepare('insert into settings values (?, ?)').run('a', '1'));
    await db.close();
    await write;
    const again = openDatabase(file);
    expect(again.prepare('select count(*) as n from settings').get()).toEqual({ n: 1 });
    await again.close();
  });

  it('refuses a file that a newer version wrote', async () => {
    const file = join(folder, 'state.db');
    const db = openDatabase(file);
    db.prepare(`pragma user_version = ${migrations.length + 1}`).run();
    await db.close();
    expect(() => openDatabase(file)).toThrow('was written by a newer OSCAR Sandbox');
  });

  it('tells by its file alone that a newer version wrote it, while that has it open', async () => {
    const file = join(folder, 'state.db');
    await expect(demandSchema(file)).resolves.toBeUndefined();
    const db = openDatabase(file);
    expect(readFileSync(file).readInt32BE(60)).toBe(migrations.length);
    await expect(demandSchema(file)).resolves.toBeUndefined();
    db.prepare(`pragma user_version = ${migrations.length + 1}`).run();
    db.prepare('pragma wal_checkpoint').get();
    await expect(demandSchema(file)).rejects.toThrow(`a newer OSCAR Sandbox (schema ${migrations.length + 1})`);
    await db.close();
  });

  it('gives a lock to one holder at a time', () => {
    const file = join(folder, 'lock');
    const release = takeLock(file);
    expect(release).toBeTypeOf('function');
    expect(takeLock(file)).toBeUndefined();
    release?.();
    const next = takeLock(file);
    expect(next).toBeTypeOf('function');
    next?.();
  });
});
