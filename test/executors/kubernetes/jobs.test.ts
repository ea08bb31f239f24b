import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Executor } from '../../../src/executors/executor.ts';
import type { Task } from '../../../src/model/task.ts';
import { taskOf as taskFor } from '../../contracts/executor.ts';
import { declared } from '../../fakes/definitions.ts';
import { hasParts } from '../../kind/parts.ts';
import { arrived } from '../stage.ts';
import { began, ended, eventually, hasKnative, openScene, type Scene } from './scene.ts';

const never = new AbortController().signal;
const output = [{ storage_provider: 'minio.default', path: 'demo/out' }];
const service = declared({ name: 'demo', output });

// Nothing acts on the objects but the test: each pod is made, and comes to its end, where the test says so.
describe.skipIf(!hasParts('kube-apiserver', 'etcd') || !hasKnative)('a job in a cluster', () => {
  let scene: Scene;
  let executor: Executor;
  beforeAll(async () => {
    scene = await openScene();
    executor = scene.kubernetes();
  }, 90_000);
  afterAll(() => scene?.close());

  const taskOf = (body = 'aGVsbG8=', more: Partial<Task> = {}): Task =>
    taskFor(service, body, { kind: 'job', ...more });
  const begin = (task: Task, by = executor, signal = never) => {
    const lines: string[] = [];
    const outcome = by.run(task, (line) => lines.push(line), signal);
    outcome.catch(() => undefined);
    return { lines, outcome };
  };

  it('tells its lines as they come, and is over when its container is', async () => {
    const task = taskOf();
    const { lines, outcome } = begin(task);
    const pod = await scene.podOf(task.id);
    await pod.begin();
    pod.say('of another', began(task.id), 'hello');
    await eventually(() => lines).toEqual(['hello']);
    pod.say('you', ...ended(task.id, '0 0', ['a.txt', 'b/c.txt']));
    await pod.end(0, '0 0\n');
    expect(await outcome).toMatchObject({
      state: 'Succeeded',
      exitCode: 0,
      outputs: ['demo/out/a.txt', 'demo/out/b/c.txt'],
    });
    expect(lines).toEqual(['hello', 'you']);
  });

  const endings: [what: string, end: [code: number, message?: string, reason?: string], outcome: object][] = [
    ['a script that fails', [7, '7 0\n'], { exitCode: 7, reason: 'The script ended with exit code 7.' }],
    [
      'a program that is not there',
      [127, '127 0\n'],
      { reason: 'The script ended with exit code 127: it calls a program that its image does not have.' },
    ],
    [
      'a container that is out of memory',
      [137, '', 'OOMKilled'],
      { exitCode: 137, reason: `Out of memory: the limit is ${service.definition.memory}.` },
    ],
    [
      'a container that was killed',
      [137],
      { reason: 'Its container was killed from outside (SIGKILL) in the middle of the job.' },
    ],
    [
      'a supervisor that could not read its input',
      [1, 'INFO - Found\nERROR - No such key: demo/in/a.txt\n- 1\n'],
      { reason: 'The supervisor did not come to run the script: ERROR - No such key: demo/in/a.txt.' },
    ],
    [
      'a supervisor that could not store an output',
      [1, 'ERROR - No such bucket\n0 1\n'],
      { exitCode: 0, reason: 'Its files were not all stored: ERROR - No such bucket.' },
    ],
  ];
  it.each(endings)('tells of %s', async (_what, end, wanted) => {
    const task = taskOf();
    const { outcome } = begin(task);
    const pod = await scene.podOf(task.id);
    await pod.begin();
    await pod.end(...end);
    expect(await outcome).toMatchObject({ state: 'Failed', outputs: [], ...wanted });
  });

  const broken: [what: string, lines: string[], end: [code: number, message?: string, reason?: string], why: string][] =
    [
      ['a node that was off', [], [255, '', 'Unknown'], 'Its node was switched off in the middle of the job.'],
      [
        'a store that is not there yet',
        [
          'botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "http://minio.minio:9000/a"',
        ],
        [1, '- 1\n'],
        'The supervisor did not reach the store of objects.',
      ],
      [
        'a store that only begins',
        ['ClientError: An error occurred (503) when calling the HeadObject operation: Service Unavailable'],
        [1, '- 1\n'],
        'The supervisor did not reach the store of objects.',
      ],
    ];
  it.each(broken)('is no outcome of the script, but to be run again, after %s', async (_what, lines, end, message) => {
    const task = taskOf();
    const { outcome } = begin(task);
    const pod = await scene.podOf(task.id);
    await pod.begin();
    pod.say(began(task.id), ...lines, ...(end[1] ? ended(task.id, '- 1') : []));
    await pod.end(...end);
    await expect(outcome).rejects.toMatchObject({ code: 'unavailable', message });
  });

  it('fails with its script, whatever that says of connections', async () => {
    const task = taskOf();
    const { outcome } = begin(task);
    const pod = await scene.podOf(task.id);
    await pod.begin();
    pod.say(began(task.id), 'EndpointConnectionError', ...ended(task.id, '3 0'));
    await pod.end(3, '3 0\n');
    expect(await outcome).toMatchObject({ state: 'Failed', exitCode: 3 });
  });

  it('says what its pod waits for', async () => {
    const task = taskOf();
    const { lines, outcome } = begin(task);
    const pod = await scene.podOf(task.id);
    await pod.unscheduled('0/1 nodes are available: 1 Insufficient cpu');
    await eventually(() => lines).toEqual(['[sandbox] waits: 0/1 nodes are available: 1 Insufficient cpu.']);
    await pod.begin();
    await pod.end(0, '0 0\n');
    expect(await outcome).toMatchObject({ state: 'Succeeded' });
  });

  it('says what is told in events alone, once it takes long', async () => {
    const task = taskOf();
    const { lines, outcome } = begin(task);
    const pod = await scene.podOf(task.id);
    const metadata = { name: `${pod.name}.1`, namespace: 'oscar-svc' };
    const event = { apiVersion: 'v1', kind: 'Event', type: 'Warning', reason: 'FailedMount', metadata };
    const message = 'MountVolume.SetUp failed for volume "oscar-volume": hostPath type check failed';
    const involvedObject = { kind: 'Pod', name: pod.name, namespace: 'oscar-svc' };
    await scene.cluster.create({ ...event, involvedObject, message });
    await eventually(() => lines).toEqual([`[sandbox] waits: ${message}.`]);
    await pod.begin();
    await pod.end(0, '0 0\n');
    expect(await outcome).toMatchObject({ state: 'Succeeded' });
  });

  it('fails when its image is not to be had, and leaves nothing', async () => {
    const task = taskOf();
    const { outcome } = begin(task);
    const pod = await scene.podOf(task.id);
    const message =
      'rpc error: code = NotFound desc = failed to resolve reference "docker.io/library/alpine": not found';
    await pod.become({ waiting: { reason: 'ErrImagePull', message } });
    expect(await outcome).toMatchObject({
      state: 'Failed',
      code: 'not-found',
      reason: 'The registry docker.io has no image docker.io/library/alpine.',
    });
    await eventually(() => scene.names('Job', 'batch/v1')).not.toContain(task.id);
  });

  it('is removed when it is called off', async () => {
    const task = taskOf();
    const control = new AbortController();
    const { outcome } = begin(task, executor, control.signal);
    const pod = await scene.podOf(task.id);
    await pod.begin();
    control.abort();
    expect(await outcome).toMatchObject({ state: 'Failed', reason: 'Cancelled.' });
    await eventually(() => scene.names('Job', 'batch/v1')).not.toContain(task.id);
    await eventually(() => scene.isGoing(pod.name)).toBe(true);
  });

  it('has nothing to do for a folder', async () => {
    const task = taskOf(arrived('in/folder/'));
    expect(await begin(task).outcome).toMatchObject({ state: 'Succeeded', outputs: [] });
    expect(await scene.names('Job', 'batch/v1')).not.toContain(task.id);
  });

  it('gets an event of a megabyte in parts, which go with it', async () => {
    const task = taskOf(JSON.stringify({ text: 'x'.repeat(2 ** 20) }));
    const { outcome } = begin(task);
    const pod = await scene.podOf(task.id);
    const part = { apiVersion: 'v1', kind: 'ConfigMap', name: `${task.id}-event-2`, namespace: 'oscar-svc' };
    await eventually(() => scene.cluster.get(part)).toMatchObject({
      metadata: { ownerReferences: [{ kind: 'Job', name: task.id }] },
    });
    await pod.begin();
    await pod.end(0, '0 0\n');
    expect(await outcome).toMatchObject({ state: 'Succeeded' });
  });

  it('goes on when the sandbox ends, and is taken up by the next one', async () => {
    const task = taskOf();
    const first = scene.kubernetes();
    const { lines, outcome } = begin(task, first);
    const pod = await scene.podOf(task.id);
    await pod.begin();
    pod.say(began(task.id), 'one');
    await eventually(() => lines).toEqual(['one']);
    await first.close();
    await expect(outcome).rejects.toMatchObject({ code: 'unavailable', message: 'The sandbox is stopping.' });
    pod.say('two', ...ended(task.id, '0 0'));
    await pod.end(0, '0 0\n');
    const again = begin({ ...task, attempt: 2 }, scene.kubernetes());
    expect(await again.outcome).toMatchObject({ state: 'Succeeded', exitCode: 0 });
    expect(again.lines).toEqual(['[sandbox] it went on while the sandbox was away', 'one', 'two']);
    expect((await scene.names('Job', 'batch/v1')).filter((name) => name.startsWith(task.id))).toEqual([task.id]);
  });

  it('is run again when its machine was switched off meanwhile', async () => {
    const task = taskOf();
    const first = scene.kubernetes();
    begin(task, first);
    const pod = await scene.podOf(task.id);
    await pod.begin();
    await first.close();
    await pod.end(255, '', 'Unknown');
    const { outcome } = begin({ ...task, attempt: 2 }, scene.kubernetes());
    const next = await scene.podOf(`${task.id}-2`);
    await next.begin();
    await next.end(0, '0 0\n');
    expect(await outcome).toMatchObject({ state: 'Succeeded' });
    expect(await scene.names('Job', 'batch/v1')).not.toContain(task.id);
  });

  it('ends when nobody waits for it any more', async () => {
    const task = taskOf();
    const first = scene.kubernetes();
    begin(task, first);
    const pod = await scene.podOf(task.id);
    await pod.begin();
    await first.close();
    scene.kubernetes({ isWanted: (id) => id !== task.id });
    await eventually(() => scene.names('Job', 'batch/v1')).not.toContain(task.id);
  });

  it('waits for a cluster that is away', async () => {
    await executor.observe();
    await scene.server.halt('SIGKILL');
    const task = taskOf();
    const { lines, outcome } = begin(task);
    await eventually(() => lines).toEqual(['[sandbox] waits for the cluster']);
    expect(await executor.probe()).toMatchObject({ ok: false });
    await scene.server.resume();
    const pod = await scene.podOf(task.id);
    await pod.begin();
    await pod.end(0, '0 0\n');
    expect(await outcome).toMatchObject({ state: 'Succeeded' });
  }, 90_000);
});
