/** The step of the schema that keeps what was asked of services, and what that took: tables that fill themselves. */
export const usageStep = `
  -- What was asked of services and what that took, for metrics. The newest of it record by record,
  create table usage (
    time integer not null,
    service text not null,
    -- How it was asked (sync, async, exposed), or 'work': an invocation that ended.
    way text not null,
    user text not null,
    -- What an invocation had of the machine.
    cpu text not null,
    gpus integer not null,
    count integer not null,
    -- How long it ran.
    ms integer not null
  );
  create index usage_time on usage (time);
  -- what is older, summed up by the hour.
  create table usage_hours (
    time integer not null,
    service text not null,
    way text not null,
    user text not null,
    cpu text not null,
    gpus integer not null,
    count integer not null,
    ms integer not null,
    primary key (time, service, way, user, cpu, gpus)
  ) without rowid;
  create table usage_totals (service text not null, way text not null, count integer not null, primary key (service, way))
    without rowid;
  create trigger usage_total after insert on usage when new.way <> 'work' begin
    insert into usage_totals values (new.service, new.way, new.count)
      on conflict do update set count = count + excluded.count;
  end;

  -- Calls and invocations are forgotten by rules of their own, so they are counted as they come.
  create trigger requests_count after insert on requests begin
    insert into usage values (new.time, rtrim(substr(new.path, 6), '/'),
      case substr(new.path, 1, 5) when '/run/' then 'sync' else 'async' end, new.user, '', 0, 1, 0);
  end;
  -- A job moves to its end; a call is over when it is first written down.
  create trigger invocations_moved after update of state on invocations
    when new.state in ('Succeeded', 'Failed') and old.state not in ('Succeeded', 'Failed') and new.started_at is not null
  begin
    insert into usage select new.finished_at, name, 'work', '', coalesce(service ->> '$.definition.cpu', ''),
        coalesce(service ->> '$.definition.enable_gpu', 0), 1, max(0, new.finished_at - new.started_at)
      from service_versions where name = new.service and version = new.service_version and service <> '';
  end;
  create trigger invocations_written after insert on invocations
    when new.state in ('Succeeded', 'Failed') and new.started_at is not null
  begin
    insert into usage select new.finished_at, name, 'work', '', coalesce(service ->> '$.definition.cpu', ''),
        coalesce(service ->> '$.definition.enable_gpu', 0), 1, max(0, new.finished_at - new.started_at)
      from service_versions where name = new.service and version = new.service_version and service <> '';
  end;

  -- What is known of the time before.
  insert into usage select time, rtrim(substr(path, 6), '/'), case substr(path, 1, 5) when '/run/' then 'sync' else 'async' end,
    user, '', 0, 1, 0 from requests;
  insert into usage select finished_at, name, 'work', '', coalesce(v.service ->> '$.definition.cpu', ''),
      coalesce(v.service ->> '$.definition.enable_gpu', 0), 1, max(0, finished_at - started_at)
    from invocations i join service_versions v on v.name = i.service and v.version = i.service_version and v.service <> ''
    where state in ('Succeeded', 'Failed') and started_at is not null;
`;
