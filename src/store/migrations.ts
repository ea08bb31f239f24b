import { usageStep } from './usagestep.ts';

/** The schema, a step a change. Steps are only ever appended: data folders of every age are out there. */
export const migrations: string[] = [
  `
  create table services (
    name text primary key,
    version integer not null,
    fingerprint text not null,
    definition text not null,
    secrets text not null,
    source text not null,
    buckets text not null,
    warnings text not null,
    declared_at integer not null
  ) without rowid;
  -- What a version was, kept as long as an invocation of it is: for runs in flight and for replay.
  create table service_versions (
    name text not null,
    version integer not null,
    service text not null,
    primary key (name, version)
  ) without rowid;
  -- The content hash of each watched file when it was last declared.
  create table seen_files (path text primary key, hash text not null) without rowid;
  create table settings (name text primary key, value text not null) without rowid;

  create table subscriptions (
    bucket text not null,
    service text not null,
    events text not null,
    prefix text not null,
    suffix text not null,
    -- 'service': a declared input; 'bucket': a client put it into the bucket's notification configuration.
    origin text not null
  );
  create index subscriptions_bucket on subscriptions (bucket);
  create table events (
    id text primary key,
    time integer not null,
    bucket text not null,
    key text not null,
    event text not null,
    -- The blobs of the object version, so that exactly this version can be read later; null once let go.
    blobs text
  ) without rowid;
  create index events_time on events (time);

  create table invocations (
    id text primary key,
    service text not null,
    service_version integer not null,
    pinned integer not null default 0,
    kind text not null,
    event_id text,
    replay_of text,
    owner text,
    state text not null,
    attempt integer not null,
    exit_code integer,
    reason text,
    created_at integer not null,
    started_at integer,
    finished_at integer
  );
  -- Apart, so that looking through invocations does not turn the pages of their bodies.
  create table bodies (
    invocation text primary key,
    content blob,
    -- A large body is a file of the spool folder, by its name.
    file text,
    size integer not null
  );
  create index bodies_file on bodies (file) where file is not null;
  create index invocations_created on invocations (created_at);
  create index invocations_service on invocations (service, kind, id);
  create index invocations_open on invocations (created_at) where state in ('Pending', 'Running');
  create index invocations_finished on invocations (service, finished_at) where state in ('Succeeded', 'Failed');
  create index invocations_event on invocations (event_id) where event_id is not null;

  -- The calls of /run and /job, for GET /system/logs.
  create table requests (
    time integer not null,
    status integer not null,
    latency_ns integer not null,
    client_ip text not null,
    method text not null,
    path text not null,
    user text not null
  );
  create index requests_time on requests (time);
  `,
  `
  create table buckets (
    name text primary key,
    created_at integer not null,
    tags text not null,
    -- What clients configured: a JSON object from subresource to its document.
    conf text not null
  ) without rowid;

  -- Pieces of content, never changed once written: a small one here, a large one in a file of that name.
  create table blobs (
    id text primary key,
    size integer not null,
    content blob,
    -- How many object versions and parts, and how many events, refer to it. The triggers below keep count.
    objects integer not null default 0,
    events integer not null default 0
  );
  create index blobs_free on blobs (id) where objects = 0 and events = 0;
  create index blobs_held on blobs (size) where objects = 0 and events > 0;

  -- The newest version of a key is the one with the highest seq. Keys compare by their UTF-8 bytes, as S3 wants it.
  create table objects (
    seq integer primary key,
    bucket text not null,
    key text not null,
    version text not null,
    latest integer not null,
    marker integer not null,
    size integer not null,
    etag text not null,
    modified_at integer not null,
    meta text not null,
    blobs text not null
  );
  create unique index objects_version on objects (bucket, key, version);
  create unique index objects_order on objects (bucket, key, seq desc);
  create index objects_current on objects (bucket, key, size) where latest = 1 and marker = 0;

  create table uploads (
    id text primary key,
    bucket text not null,
    key text not null,
    meta text not null,
    created_at integer not null
  ) without rowid;
  create unique index uploads_key on uploads (bucket, key, id);
  create table parts (
    upload text not null,
    number integer not null,
    size integer not null,
    etag text not null,
    checksums text not null,
    modified_at integer not null,
    blobs text not null,
    primary key (upload, number)
  ) without rowid;

  -- Orders everything that happens to objects, across restarts and clocks that go backwards.
  create table sequence (last integer not null);
  insert into sequence values (0);

  create trigger objects_hold after insert on objects when new.blobs <> '[]' begin
    update blobs set objects = objects + 1 where id in (select value ->> 'id' from json_each(new.blobs));
  end;
  create trigger objects_let_go after delete on objects when old.blobs <> '[]' begin
    update blobs set objects = objects - 1 where id in (select value ->> 'id' from json_each(old.blobs));
  end;
  create trigger parts_hold after insert on parts when new.blobs <> '[]' begin
    update blobs set objects = objects + 1 where id in (select value ->> 'id' from json_each(new.blobs));
  end;
  create trigger parts_let_go after delete on parts when old.blobs <> '[]' begin
    update blobs set objects = objects - 1 where id in (select value ->> 'id' from json_each(old.blobs));
  end;
  create trigger events_hold after insert on events when new.blobs is not null begin
    update blobs set events = events + 1 where id in (select value ->> 'id' from json_each(new.blobs));
  end;
  create trigger events_let_go after delete on events when old.blobs is not null begin
    update blobs set events = events - 1 where id in (select value ->> 'id' from json_each(old.blobs));
  end;
  create trigger events_forget after update of blobs on events when old.blobs is not null and new.blobs is null begin
    update blobs set events = events - 1 where id in (select value ->> 'id' from json_each(old.blobs));
  end;
  `,
  `
  -- What a store outside told of, so that the same event does not count twice. It may be told of again long after its
  -- invocations are forgotten, so this is kept by rules of its own.
  create table heard (
    bucket text not null,
    key text not null,
    -- With bucket and key it names the event.
    mark text not null,
    -- When it happened by the store's clock, in milliseconds.
    time integer not null,
    -- The order in which the store's own queue told of them; null as long as it has not.
    told integer,
    primary key (bucket, key, mark)
  ) without rowid;
  create index heard_told on heard (told) where told is not null;
  create index heard_time on heard (bucket, time);

  -- The folders of such a store that are looked through for what nobody told of, and how far that has come: everything
  -- up to that time, by the store's clock, was seen.
  create table watched (bucket text not null, prefix text not null, until integer not null, primary key (bucket, prefix))
    without rowid;
  `,
  `
  -- Users besides the administrator: the secret of their access key, which is their uid.
  create table accounts (uid text primary key, secret text not null) without rowid;
  -- Who may use which bucket. A bucket of ours takes what was said of it along.
  create table bucket_rules (bucket text primary key, owner text not null, visibility text not null,
    allowed_users text not null) without rowid;
  create trigger buckets_let_go after delete on buckets begin delete from bucket_rules where bucket = old.name; end;
  `,
  `
  -- What was asked of the servers of an exposed service since it was declared.
  alter table services add column stopped integer not null default 0;
  alter table services add column restarted_at integer not null default 0;
  `,
  `
  create table volumes (
    namespace text not null,
    name text not null,
    size text not null,
    owner text not null,
    -- The service that made it, or empty.
    maker text not null,
    policy text not null,
    leaving integer not null default 0,
    primary key (namespace, name)
  ) without rowid;
  -- Services made volumes before there was a list of them.
  insert or ignore into volumes
    select definition ->> '$.namespace', definition ->> '$.volume.name', definition ->> '$.volume.size',
      definition ->> '$.owner', name, coalesce(definition ->> '$.volume.lifecycle_policy', 'delete'), 0
    from services where definition ->> '$.volume.name' <> '' and definition ->> '$.volume.size' <> '';

  -- What the administrator changed of what a user may have.
  create table quotas (uid text primary key, limits text not null) without rowid;
  `,
  usageStep,
  `
  -- Jobs between clusters: who sent one here, and to whom one is offered.
  alter table invocations add column came_from text;
  alter table invocations add column given_to text;
  `,
];
