import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../../clients/installed.ts';
import { taskOf } from '../../contracts/executor.ts';
import { carrying, docker } from '../../docker.ts';
import { never, openDocker, said } from './place.ts';
import { small, useDocker } from './stage.ts';

describeWith('docker', () => {
  const { stage, job, ending, run } = useDocker();
  const output = [{ storage_provider: 'minio', path: 'out/results' }];

  it('runs every job in a fresh container', async () => {
    const service = small({ name: 'fresh', script: 'ls /tmp/seen 2>/dev/null || echo none; echo >/tmp/seen' });
    expect([await job(service), await job(service)]).toEqual(['none\n', 'none\n']);
    await expect
      .poll(async () => (await stage.place.containers('job')).filter(({ state }) => state !== 'created'))
      .toEqual([]);
  });

  it('stores what it left, and hands out its lines as they come', async () => {
    const service = small({
      name: 'files',
      script: 'echo one; mkdir "$TMP_OUTPUT_DIR/sub"; echo 1 >"$TMP_OUTPUT_DIR/sub/a.txt"',
      output,
    });
    const lines: string[] = [];
    const outcome = await run(service, { kind: 'job' }, (line) => lines.push(line));
    expect(outcome).toMatchObject({ state: 'Succeeded', outputs: ['out/results/sub/a.txt'] });
    expect(lines).toEqual(['one']);
    await outcome.release();
  });

  it.each([
    ['an exit code', 'exit 7', 'The script ended with exit code 7.'],
    ['a signal', 'kill -9 $$', 'The script ended with exit code 137 (SIGKILL).'],
    ['too little memory', 'x=0123456789abcdef; while :; do x=$x$x; done', 'Out of memory: the limit is 64Mi.'],
    [
      'too little memory of a child',
      'sh -c "x=0123456789abcdef; while :; do x=\\$x\\$x; done"; exit 0',
      'Out of memory: the limit is 64Mi.',
    ],
  ])('tells %s apart', async (_, script, reason) => {
    expect(await ending(small({ name: 'told', script }), 'job')).toMatchObject({ state: 'Failed', reason });
  });

  const begun = async (name: string) => {
    const started = Promise.withResolvers<void>();
    const service = small({ name, script: 'echo begun; sleep 1000' });
    const control = new AbortController();
    const task = taskOf(service, '', { kind: 'job', id: `${name}-abc` });
    const running = stage.place.executor.run(task, () => started.resolve(), control.signal);
    await started.promise;
    const [container] = (await stage.place.containers('job', name)).filter(({ state }) => state === 'running');
    return { running, control, container };
  };

  it('tells that somebody ended its container', async () => {
    const { running, container } = await begun('killed');
    docker('kill', container?.id ?? '');
    const outcome = await running;
    expect(outcome).toMatchObject({
      state: 'Failed',
      reason: 'Its container was killed from outside (SIGKILL) in the middle of the job.',
    });
    expect(await said(outcome)).toBe('begun\n');
  });

  it('tells that somebody removed its container', async () => {
    const { running, container } = await begun('removed');
    docker('rm', '-f', container?.id ?? '');
    const outcome = await running;
    expect(outcome.reason).toMatch(
      /^Its container was (removed|killed from outside \(SIGKILL\)) in the middle of the job\.$/,
    );
    await outcome.release();
  });

  it('is called after the job, and ends when the job is called off', async () => {
    const { running, control, container } = await begun('named');
    expect(docker('inspect', '--format', '{{.Name}}', container?.id ?? '')).toBe(
      `/oscar-sandbox-${stage.place.id}-job-named-abc`,
    );
    control.abort();
    const outcome = await running;
    expect(outcome).toMatchObject({ state: 'Failed', reason: 'Cancelled.' });
    await outcome.release();
    await expect
      .poll(async () => (await stage.place.containers('job', 'named')).filter(({ state }) => state === 'running'))
      .toEqual([]);
  });

  it.each([
    ['ended', 'echo begun', false],
    ['was called off', 'echo begun; sleep 1000', true],
  ])('is not forgotten before its end is written down, when it %s', async (_, script, isCalledOff) => {
    const control = new AbortController();
    const task = taskOf(small({ name: 'kept', script }), '', { kind: 'job' });
    const onLine = () => void (isCalledOff && control.abort());
    const outcome = await stage.place.executor.run(task, onLine, control.signal);
    const records = () => readdirSync(join(stage.place.folder, 'running')).length;
    // Spares are made and removed meanwhile.
    const states = async () =>
      (await stage.place.containers('job', 'kept'))
        .map(({ state }) => state)
        .filter((state) => state === 'running' || state === 'exited');
    expect([records(), await states()]).toEqual([1, ['exited']]);
    await outcome.release();
    expect(records()).toBe(0);
    await expect.poll(states).toEqual([]);
  });

  it('gives jobs that run at once networks of their own, which reach each other and nothing by the same port', async () => {
    const service = small({
      name: 'ports',
      script: 'echo "$JOB_UUID" | timeout 20 nc -l -p 8080 >/dev/null & sleep 1; nc 127.0.0.1 8080 </dev/null',
    });
    const ids = ['ports-a', 'ports-b', 'ports-c'];
    const outcomes = await Promise.all(ids.map((id) => run(service, { kind: 'job', id })));
    expect(await Promise.all(outcomes.map(said))).toEqual(ids.map((id) => `${id}\n`));
  });

  it('limits and hardens its container, and keeps secrets out of what the engine shows', async () => {
    const service = small(
      {
        name: 'hardened',
        memory: '128Mi',
        cpu: '0.5',
        script: 'echo "$WORD"; stat -c %a "$(dirname "$TMP_OUTPUT_DIR")/env"; echo ready; sleep 1000',
      },
      { secrets: { WORD: 'hush' } },
    );
    const control = new AbortController();
    const ready = Promise.withResolvers<void>();
    const onLine = (line: string) => line === 'ready' && ready.resolve();
    const running = stage.place.executor.run(taskOf(service, '', { kind: 'job' }), onLine, control.signal);
    await ready.promise;
    const [container] = (await stage.place.containers('job', 'hardened')).filter(({ state }) => state === 'running');
    const text = docker('inspect', container?.id ?? '');
    const [{ HostConfig, Config, Mounts }] = JSON.parse(text);
    control.abort();
    expect(await said(await running)).toBe('hush\n600\nready\n');
    expect(text).not.toContain('hush');
    expect(HostConfig).toMatchObject({
      Memory: 128 * 2 ** 20,
      MemorySwap: 128 * 2 ** 20,
      NanoCpus: 500_000_000,
      PidsLimit: 4096,
      CapDrop: ['MKNOD', 'NET_RAW', 'SETFCAP'],
      SecurityOpt: ['no-new-privileges'],
      Privileged: false,
    });
    expect(Mounts).toEqual([expect.objectContaining({ Destination: '/oscar/tasks' })]);
    // An image may have labels of its own.
    expect(Config.Labels).toMatchObject({
      'oscar-sandbox.data': stage.place.id,
      'oscar-sandbox.role': 'job',
      'oscar-sandbox.run': expect.stringMatching(/^[0-9a-f]{6}$/),
      'oscar-sandbox.service': 'hardened',
    });
  });

  it('does not follow what a job left in the place of its output folder', async () => {
    const service = small({
      name: 'sly',
      script: 'cd /; rm -r "$TMP_OUTPUT_DIR"; ln -s /etc "$TMP_OUTPUT_DIR"',
      output,
    });
    const outcome = await run(service, { kind: 'job' });
    expect(outcome).toMatchObject({ state: 'Failed', outputs: [] });
    expect(outcome.reason).toBe('The output folder is a link: nothing of it is stored.');
    await outcome.release();
  });

  it('does not touch what a job linked to in the place of all that it was given', async () => {
    const victim = mkdtempSync(join(tmpdir(), 'victim-'));
    for (const name of ['in', 'out', 'work']) {
      mkdirSync(join(victim, name));
      writeFileSync(join(victim, name, 'kept'), 'kept');
    }
    for (const name of ['env', 'script.sh']) writeFileSync(join(victim, name), 'kept');
    const script = `cd /; R=$(dirname "$TMP_OUTPUT_DIR"); rm -r "$R"; ln -s ${victim} "$R"`;
    for (const kind of ['job', 'run'] as const) {
      const outcome = await run(small({ name: 'linker', script, output }), { kind });
      expect(outcome).toMatchObject({ state: 'Failed', outputs: [] });
      expect(outcome.reason).toBe('The output folder is gone: the script removed it.');
      await outcome.release();
    }
    const kept = ['env', 'script.sh', 'in/kept', 'out/kept', 'work/kept'].map((name) =>
      readFileSync(join(victim, name), 'utf8'),
    );
    expect(new Set(kept)).toEqual(new Set(['kept']));
    rmSync(victim, { recursive: true });
  });

  it('does not follow links that lead out of the output folder', async () => {
    const lines: string[] = [];
    const script =
      'cd "$TMP_OUTPUT_DIR"; ln -s /etc/passwd a.txt; ln -s ../env b.txt; echo 1 >c.txt; ln -s c.txt d.txt';
    const service = small({ name: 'links', script, output, log_level: 'INFO' });
    const outcome = await run(service, { kind: 'job' }, (line) => lines.push(line));
    expect(outcome).toMatchObject({ state: 'Succeeded', outputs: ['out/results/c.txt', 'out/results/d.txt'] });
    expect(lines.filter((line) => line.includes('left out'))).toEqual([
      '[sandbox] a.txt is left out: it links to a file outside the output folder',
      '[sandbox] b.txt is left out: it links to a file outside the output folder',
    ]);
    await outcome.release();
  });

  it('leaves nothing on the engine and in its folder when it is closed in the midst of work', async () => {
    const place = await openDocker();
    const service = small({
      name: 'busy',
      script: 'echo begun; sleep 1000',
      synchronous: { min_scale: 1, max_scale: 0 },
    });
    await place.executor.deploy(service);
    let heard = 0;
    const tasks = (['run', 'run', 'job', 'job'] as const).map((kind) => taskOf(service, '', { kind }));
    const running = tasks.map((task) => place.executor.run(task, () => heard++, never));
    await expect.poll(() => heard).toBe(4);
    await place.executor.close();
    for (const outcome of await Promise.all(running)) {
      expect(outcome.state).toBe('Failed');
      expect(outcome.exitCode).toBe(undefined);
      await outcome.release();
    }
    expect(carrying(`oscar-sandbox.data=${place.id}`)).toEqual([]);
    mkdirSync(place.folder, { recursive: true });
    await place.close();
  });
});
