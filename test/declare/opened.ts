import { afterEach, expect } from 'vitest';
import { createDeclare, type Declare } from '../../src/declare/declare.ts';
import { openDatabase } from '../../src/store/database.ts';
import { createLogs } from '../../src/store/logs.ts';
import { createStore, type Store } from '../../src/store/store.ts';

/** The one door with an empty store behind it, in which every bucket can be had. */
export function opening(): () => { declare: Declare; store: Store } {
  const open: { close(): void }[] = [];
  afterEach(() => {
    for (const db of open.splice(0)) db.close();
  });
  return () => {
    const db = openDatabase(':memory:');
    open.push(db);
    const logs = createLogs('/nonexistent', { now: () => 0, maxBytes: 1, onFailure: () => undefined });
    const store = createStore(db, logs, '/nonexistent');
    const minio = {
      endpoint: 'http://127.0.0.1:9000',
      verify: false,
      access_key: 'hidden',
      secret_key: 'hidden',
      region: 'us-east-1',
    };
    const declare = createDeclare({
      store,
      minio: () => minio,
      provision: {
        check: () => undefined,
        claim: async () => [],
        settle: async () => undefined,
        listen: async () => undefined,
        release: async () => undefined,
      },
      forget: async () => undefined,
      nudge: () => undefined,
      onDeclared: () => undefined,
      onRemoved: () => undefined,
      onFailed: (_, error) => expect.fail(error.message),
      now: () => 1,
    });
    return { declare, store };
  };
}
