import { closeSync, openSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { migrations } from './migrations.ts';
import { demandKnown } from './schema.ts';

interface Waiting {
  work: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** SQLite's native part: a file, or what is in it; undefined where the package finds its own. */
export type Addon = string | object | undefined;

/** The sandbox's memory: one SQLite file, every acknowledged write on disk. */
export interface Database {
  prepare(sql: string): Sqlite.Statement<unknown[], Record<string, unknown>>;
  /**
   * Runs the work in a transaction and resolves once it is on disk. Works that wait at the same time share one
   * transaction (group commit); one that throws is rolled back alone.
   */
  write<T>(work: () => T): Promise<T>;
  /**
   * Runs the work at once, so that every look sees it, and resolves when it is on disk: with the next `write`, or a
   * moment later. For records that nobody waits for.
   */
  later<T>(work: () => T): Promise<T>;
  /** Everything that was handed in is on disk or refused when this resolves. */
  close(): Promise<void>;
}

/** Opens the database at `file` (`:memory:` for tests), brought up to the newest schema. */
export function openDatabase(file: string, addon?: Addon): Database {
  // Secrets are in it: SQLite gives its journal the same mode.
  if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
  const sqlite = open(file, addon);
  // One daemon a data folder (`takeLock`): alone, SQLite needs no lock for each look into the file.
  sqlite.pragma('locking_mode = EXCLUSIVE');
  sqlite.pragma('journal_mode = WAL');
  // An answered request must survive the machine losing power.
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  sqlite.pragma('busy_timeout = 5000');
  migrate(sqlite, file);
  // What `demandSchema` reads is in the file itself, not just in its journal.
  sqlite.pragma('wal_checkpoint');
  const group = createGroup(sqlite);
  return {
    prepare: (sql) => sqlite.prepare(sql),
    write: group.write,
    later: group.later,
    close: async () => {
      await group.drained();
      sqlite.close();
    },
  };
}

/** Takes a file for this process alone, as long as it lives; undefined when another process has it. Never stale. */
export function takeLock(file: string, addon?: Addon): (() => void) | undefined {
  const sqlite = open(file, addon, { timeout: 0 });
  try {
    sqlite.pragma('locking_mode = EXCLUSIVE');
    sqlite.exec('begin exclusive; commit;');
    return () => sqlite.close();
  } catch (error) {
    sqlite.close();
    if ((error as { code?: string }).code?.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
}

// It takes what is in the native part as well as its file, which its types do not know.
const open = (file: string, addon: Addon, options: Sqlite.Options = {}): Sqlite.Database =>
  new Sqlite(file, { ...options, ...(addon === undefined ? {} : { nativeBinding: addon as string }) });

function migrate(sqlite: Sqlite.Database, file: string): void {
  const at = sqlite.pragma('user_version', { simple: true }) as number;
  demandKnown(at, file);
  for (const [index, sql] of migrations.entries()) {
    if (index < at) continue;
    sqlite.transaction(() => {
      sqlite.exec(sql);
      sqlite.pragma(`user_version = ${index + 1}`);
    })();
  }
}

/** How long a record may wait for company on its way to the disk. */
const laterMs = 50;

/** A work that has run in the open transaction, and what to tell its caller once that is on disk. */
interface Ran {
  one: Waiting;
  tell: () => void;
}

function createGroup(sqlite: Sqlite.Database) {
  const begin = sqlite.prepare('begin immediate');
  const commit = sqlite.prepare('commit');
  const rollback = sqlite.prepare('rollback');
  let waiting: Waiting[] = [];
  let ran: Ran[] = [];
  let scheduled = false;
  let timer: NodeJS.Timeout | undefined;

  const run = (one: Waiting) => {
    if (!sqlite.inTransaction) begin.run();
    ran.push({ one, tell: attempt(sqlite, one) });
  };

  /** The whole transaction is lost, a full disk say: so is everything that ran in it. */
  const fail = (error: unknown, others: Waiting[]) => {
    if (sqlite.inTransaction) rollback.run();
    const lost = [...ran.map(({ one }) => one), ...others];
    ran = [];
    for (const one of new Set(lost)) one.reject(error);
  };

  const flush = () => {
    scheduled = false;
    clearTimeout(timer);
    timer = undefined;
    const group = waiting;
    waiting = [];
    try {
      for (const one of group) run(one);
      if (sqlite.inTransaction) commit.run();
    } catch (error) {
      fail(error, group);
      return;
    }
    const settled = ran;
    ran = [];
    for (const { tell } of settled) tell();
  };

  return {
    write: <T>(work: () => T): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
        if (scheduled) return;
        scheduled = true;
        setImmediate(flush);
      }),
    later: <T>(work: () => T): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        const one = { work, resolve: resolve as (value: unknown) => void, reject };
        try {
          run(one);
        } catch (error) {
          fail(error, [one]);
          return;
        }
        timer ??= setTimeout(flush, laterMs);
      }),
    drained: async () => {
      while (scheduled) await new Promise((resolve) => setImmediate(resolve));
      flush();
    },
  };
}

/** Runs one work inside the group's transaction; what it answers is told only after the commit. */
function attempt(sqlite: Sqlite.Database, { work, resolve, reject }: Waiting): () => void {
  try {
    // Inside a transaction better-sqlite3 makes a savepoint of it.
    const value = sqlite.transaction(work)();
    return () => resolve(value);
  } catch (error) {
    if (!sqlite.inTransaction) throw error;
    return () => reject(error);
  }
}
