import { type Invocation, type Move, move, type State } from '../model/invocation.ts';
import type { Payload } from '../model/task.ts';
import type { Bodies } from './bodies.ts';
import type { Database } from './database.ts';

/** How a move went: kept with the invocation. */
export interface Change {
  at: number;
  exitCode?: number;
  reason?: string;
  /** On `start`: the version that runs. */
  serviceVersion?: number;
}

/** Every run of every service, and the queue of those that are still to run. */
export interface Invocations {
  get(id: string): Invocation | undefined;
  /** The jobs of one service in name order, from after `after`; those of one owner, or of all. OSCAR lists them so. */
  page(service: string, options: { after?: string; limit: number; owner?: string | undefined }): Invocation[];
  /** The newest invocations first, of one service or of all. */
  recent(options: { service?: string; limit: number }): Invocation[];
  /** Pending ones, oldest first, but for those of the services named. */
  pending(options: { limit: number; except: string[] }): Invocation[];
  /** Pending ones that another cluster may have taken already. */
  undecided(): Invocation[];
  /** A member is offered the job, or (without one) has not taken it. */
  give(id: string, member: string | undefined): Promise<void>;
  unfinished(): Invocation[];
  /** The names of the services that have any, declared or not. */
  services(): string[];
  /** How many jobs there are in each state, of one service or of all. */
  counts(service?: string): Record<State, number>;
  /** Saves a new invocation with the body it was given; an event's body is the event. */
  add(invocation: Invocation, payload?: Payload): Promise<void>;
  /** Saves one that is over already: seen at once, on disk a moment later. */
  record(invocation: Invocation, payload?: Payload): Promise<void>;
  payload(id: string): Payload | undefined;
  idsOf(service: string): string[];
  /** Moves it on by the table of states; answers it as it is now. */
  move(id: string, by: Move, change: Change): Promise<Invocation>;
  /** Forgets them with their bodies; answers the files that nothing needs any more. */
  remove(ids: string[]): Promise<string[]>;
  /** The finished ones of a service, oldest first: `[id, finishedAt]`. */
  finished(service: string): { id: string; finishedAt: number; kind: string }[];
}

type Row = Record<string, unknown>;
const optional = <T>(value: unknown): T | undefined => (value === null ? undefined : (value as T));

const fromRow = (row: Row): Invocation => ({
  id: row.id as string,
  service: row.service as string,
  serviceVersion: row.service_version as number,
  pinned: row.pinned === 1,
  kind: row.kind as 'run' | 'job',
  eventId: optional(row.event_id),
  replayOf: optional(row.replay_of),
  owner: optional(row.owner),
  cameFrom: optional(row.came_from),
  givenTo: optional(row.given_to),
  state: row.state as State,
  attempt: row.attempt as number,
  exitCode: optional(row.exit_code),
  reason: optional(row.reason),
  createdAt: row.created_at as number,
  startedAt: optional(row.started_at),
  finishedAt: optional(row.finished_at),
});

const columns = `id, service, service_version, pinned, kind, event_id, replay_of, owner, came_from, given_to, state, attempt,
  exit_code, reason, created_at, started_at, finished_at`;

export function createInvocations(db: Database, bodies: Bodies): Invocations {
  const select = (where: string) => db.prepare(`select ${columns} from invocations ${where}`);
  const one = select('where id = ?');
  const page = select(`where service = ? and kind = 'job' and id > ? order by id limit ?`);
  const pageOf = select(`where service = ? and kind = 'job' and id > ? and owner = ? order by id limit ?`);
  const recent = select('order by created_at desc, rowid desc limit ?');
  const recentOf = select('where service = ? order by created_at desc, rowid desc limit ?');
  // Said twice, so that SQLite sees that the index of the open ones will do.
  const pending = select(`where state in ('Pending', 'Running') and state = 'Pending' and given_to is null
    and service not in (select value from json_each(?)) order by created_at, rowid limit ?`);
  const undecided = select(
    `where state in ('Pending', 'Running') and state = 'Pending' and given_to is not null order by created_at, rowid`,
  );
  const give = db.prepare('update invocations set given_to = ? where id = ?');
  const unfinished = select(`where state in ('Pending', 'Running') order by created_at`);
  const finished = db.prepare(
    `select id, finished_at, kind from invocations where service = ? and state in ('Succeeded', 'Failed')
     order by finished_at`,
  );
  const names = db.prepare('select distinct service from invocations order by service');
  const count = db.prepare(`select state, count(*) as n from invocations where kind = 'job' group by state`);
  const countOf = db.prepare(
    `select state, count(*) as n from invocations where service = ? and kind = 'job' group by state`,
  );
  const ids = db.prepare('select id from invocations where service = ?');
  const drop = db.prepare('delete from invocations where id = ?');
  const { insert, update } = writing(db);
  const save = (invocation: Invocation, payload?: Payload): void => {
    insert(invocation);
    if (payload) bodies.keep(invocation.id, payload);
  };

  return {
    get: (id) => {
      const row = one.get(id);
      return row && fromRow(row);
    },
    page: (service, { after = '', limit, owner }) => {
      const rows = owner === undefined ? page.all(service, after, limit) : pageOf.all(service, after, owner, limit);
      return rows.map(fromRow);
    },
    recent: ({ service, limit }) => (service ? recentOf.all(service, limit) : recent.all(limit)).map(fromRow),
    pending: ({ limit, except }) => pending.all(JSON.stringify(except), limit).map(fromRow),
    undecided: () => undecided.all().map(fromRow),
    give: async (id, member) => void (await db.write(() => give.run(member ?? null, id))),
    unfinished: () => unfinished.all().map(fromRow),
    services: () => names.all().map((row) => row.service as string),
    counts: (service) => {
      const counts: Record<State, number> = { Pending: 0, Running: 0, Succeeded: 0, Failed: 0 };
      for (const row of service ? countOf.all(service) : count.all()) counts[row.state as State] = row.n as number;
      return counts;
    },
    idsOf: (service) => ids.all(service).map((row) => row.id as string),
    add: (invocation, payload) => db.write(() => save(invocation, payload)),
    record: (invocation, payload) => db.later(() => save(invocation, payload)),
    payload: bodies.get,
    move: (id, by, change) =>
      db.write(() => {
        const row = one.get(id);
        if (!row) throw new Error(`There is no invocation ${id} to ${by}.`);
        const next = changed(fromRow(row), by, change);
        update(next);
        return next;
      }),
    remove: (gone) =>
      db.write(() => {
        for (const id of gone) drop.run(id);
        return bodies.drop(gone);
      }),
    finished: (service) =>
      finished
        .all(service)
        .map((row) => ({ id: row.id as string, finishedAt: row.finished_at as number, kind: row.kind as string })),
  };
}

function writing(db: Database) {
  const add = db.prepare(
    `insert into invocations (${columns}) values (@id, @service, @serviceVersion, @pinned, @kind,
     @eventId, @replayOf, @owner, @cameFrom, @givenTo, @state, @attempt, @exitCode, @reason, @createdAt, @startedAt, @finishedAt)`,
  );
  const change = db.prepare(
    `update invocations set state = @state, attempt = @attempt, exit_code = @exitCode, reason = @reason,
     started_at = @startedAt, finished_at = @finishedAt, service_version = @serviceVersion where id = @id`,
  );
  const bind = (invocation: Invocation) => ({
    ...invocation,
    pinned: invocation.pinned ? 1 : 0,
    eventId: invocation.eventId ?? null,
    replayOf: invocation.replayOf ?? null,
    owner: invocation.owner ?? null,
    cameFrom: invocation.cameFrom ?? null,
    givenTo: invocation.givenTo ?? null,
    exitCode: invocation.exitCode ?? null,
    reason: invocation.reason ?? null,
    startedAt: invocation.startedAt ?? null,
    finishedAt: invocation.finishedAt ?? null,
  });
  return {
    insert: (invocation: Invocation) => add.run(bind(invocation)),
    update: (invocation: Invocation) => change.run(bind(invocation)),
  };
}

function changed(
  invocation: Invocation,
  by: Move,
  { at, exitCode, reason, serviceVersion = invocation.serviceVersion }: Change,
): Invocation {
  const state = move(invocation.state, by);
  if (by === 'start') return { ...invocation, state, startedAt: at, attempt: invocation.attempt + 1, serviceVersion };
  if (by === 'retry') return { ...invocation, state, startedAt: undefined };
  return { ...invocation, state, finishedAt: at, exitCode, reason };
}
