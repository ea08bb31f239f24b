import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, it } from 'vitest';
import { openDatabase } from '../../src/store/database.ts';
import { migrations } from '../../src/store/migrations.ts';
import { createVolumes } from '../../src/store/volumes.ts';
import { declared } from '../fakes/definitions.ts';

it('services of a version that kept no list of volumes have theirs on it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'volumes-'));
  const file = join(folder, 'state.db');
  const before = migrations.findIndex((sql) => sql.includes('create table volumes'));
  const old = new Sqlite(file);
  for (const sql of migrations.slice(0, before)) old.exec(sql);
  old.pragma(`user_version = ${before}`);
  const insert = old.prepare(
    `insert into services (name, version, fingerprint, definition, secrets, source, buckets, warnings, declared_at)
     values (?, 1, '', ?, '{}', '{}', '[]', '[]', 0)`,
  );
  const volumes = [
    undefined,
    { name: 'shared', mount_path: '/a' },
    { size: '1024Mi', mount_path: '/a' },
    { name: 'shared', size: '2Gi', mount_path: '/a', lifecycle_policy: 'retain' },
  ];
  for (const [index, volume] of volumes.entries()) {
    const { name, definition } = declared({ name: `s${index}`, volume });
    insert.run(name, JSON.stringify(definition));
  }
  old.close();

  const db = openDatabase(file);
  const common = { namespace: 'oscar-svc', owner: 'cluster_admin', leaving: false };
  expect(createVolumes(db).all()).toEqual([
    { ...common, name: 's2', size: '1024Mi', maker: 's2', policy: 'delete' },
    { ...common, name: 'shared', size: '2Gi', maker: 's3', policy: 'retain' },
  ]);
  await db.close();
  await rm(folder, { recursive: true });
});
