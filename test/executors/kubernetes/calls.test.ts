import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubernetesExecutor } from '../../../src/executors/kubernetes/kubernetes.ts';
import { throughPort } from '../../../src/executors/kubernetes/ways.ts';
import type { Task } from '../../../src/model/task.ts';
import { printed, taskOf } from '../../contracts/executor.ts';
import { declared } from '../../fakes/definitions.ts';
import { hasParts } from '../../kind/parts.ts';
import { type Actor, began, ended, eventually, hasKnative, openScene, type Scene } from './scene.ts';

const never = new AbortController().signal;
const output = [{ storage_provider: 'minio.default', path: 'demo/out' }];

type Gateway = (asked: IncomingMessage & { body: string }, answer: ServerResponse) => Promise<unknown> | unknown;

// The gateway stands in for Kourier, and answers as the lines of sh in a pod do.
describe.skipIf(!hasParts('kube-apiserver', 'etcd') || !hasKnative)('a call in a cluster', () => {
  let scene: Scene;
  let executor: KubernetesExecutor;
  let server: Server;
  let gateway: Gateway;
  beforeAll(async () => {
    server = createServer(async (asked, answer) => {
      const body = await text(asked);
      await gateway(Object.assign(asked, { body }), answer);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    scene = await openScene();
    executor = scene.kubernetes({
      way: throughPort(address, { namespace: 'oscar-svc', domain: 'knative.local' }),
      runTimeoutSeconds: 60,
    });
  }, 90_000);
  afterAll(async () => {
    await scene?.close();
    server?.closeAllConnections();
    server?.close();
  });

  /** A deployed service with one pod. */
  async function served(name: string) {
    const service = declared({ name, output });
    const deployed = executor.deploy(service);
    await scene.ready(name, 'True');
    await deployed;
    const pod = await scene.podOfService(name);
    await pod.begin();
    return { service, pod };
  }
  const call = (task: Task, signal = never) => {
    const lines: string[] = [];
    const outcome = executor.run(task, (line) => lines.push(line), signal);
    outcome.catch(() => undefined);
    return { lines, outcome };
  };
  const answering = (pod: Actor, task: Task, record: string[], payload: string, status = 200): Gateway => {
    return (_asked, answer) => {
      pod.say(began(task.id), 'a line', ...record);
      answer.writeHead(status).end(`${record.join('\n')}\n${payload}`);
    };
  };

  it('is sent to its service, under the name of its task and without the credentials of its caller', async () => {
    const { service, pod } = await served('sent');
    const variables = {
      Http_X_Mine: 'ü',
      Http_Content_Type: 'text/plain',
      Http_Query: 'a=1&b=2',
      Http_Authorization: 'Basic x',
      Http_Host: 'elsewhere',
    };
    const task = taskOf(service, 'Hello there', { variables });
    let asked: (IncomingMessage & { body: string }) | undefined;
    gateway = (request, answer) => {
      asked = request;
      return answering(pod, task, ended(task.id, '0 0'), 'hi\n')(request, answer);
    };
    const { lines, outcome } = call(task);
    expect(printed(await outcome)).toBe('hi\n');
    expect(await outcome).toMatchObject({ state: 'Succeeded', exitCode: 0, outputs: [], answer: { form: 'output' } });
    expect(lines).toEqual(['a line']);
    expect(asked).toMatchObject({ method: 'POST', url: '/?a=1&b=2', body: 'SGVsbG8gdGhlcmU=' });
    expect(asked?.headers).toMatchObject({
      host: 'sent.oscar-svc.knative.local',
      'x-oscar-sandbox-task': task.id,
      'x-mine': Buffer.from('ü').toString('latin1'),
      'content-type': 'text/plain',
    });
    expect(asked?.headers.authorization).toBeUndefined();
  });

  it('tells its lines while it runs', async () => {
    const { service, pod } = await served('live');
    const task = taskOf(service);
    const end = Promise.withResolvers<void>();
    gateway = async (_asked, answer) => {
      pod.say(began(task.id), 'first');
      await end.promise;
      pod.say(...ended(task.id, '0 0'));
      answer.end(`${ended(task.id, '0 0').join('\n')}\nfirst\n`);
    };
    const { lines, outcome } = call(task);
    await eventually(() => lines).toEqual(['first']);
    end.resolve();
    expect(await outcome).toMatchObject({ state: 'Succeeded' });
  });

  it('answers with its files, and names those that were stored', async () => {
    const { service, pod } = await served('files');
    const task = taskOf(service);
    const bytes = Buffer.from([0, 1, 2, 255]);
    gateway = answering(pod, task, ended(task.id, '0 0', ['a.bin'], 'file'), bytes.toString('base64'));
    expect(await call(task).outcome).toMatchObject({
      outputs: ['demo/out/a.bin'],
      answer: { form: 'file', content: { bytes } },
    });
  });

  it('fails as its script does, with what that printed', async () => {
    const { service, pod } = await served('failing');
    const task = taskOf(service);
    gateway = answering(pod, task, ended(task.id, '7 0'), 'oh\n', 500);
    const outcome = await call(task).outcome;
    expect(outcome).toMatchObject({ state: 'Failed', exitCode: 7, reason: 'The script ended with exit code 7.' });
    expect(printed(outcome)).toBe('oh\n');
  });

  it('tells what the supervisor said that did not come to the script', async () => {
    const { service, pod } = await served('unsupervised');
    const task = taskOf(service);
    gateway = answering(pod, task, ended(task.id, '- 1'), 'ERROR - no such storage\n', 500);
    expect(await call(task).outcome).toMatchObject({
      state: 'Failed',
      reason: 'The supervisor did not come to run the script: ERROR - no such storage.',
    });
  });

  it('that used up its memory says so', async () => {
    const { service, pod } = await served('hungry');
    const task = taskOf(service);
    gateway = async (_asked, answer) => {
      pod.say(began(task.id));
      answer.writeHead(502).end('EOF');
      await pod.become(
        { running: {} },
        { restartCount: 1, lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } } },
      );
    };
    expect(await call(task).outcome).toMatchObject({
      state: 'Failed',
      exitCode: 137,
      reason: `Out of memory: the limit is ${service.definition.memory}.`,
    });
  });

  it('ends with its pod when it is called off', async () => {
    const { service, pod } = await served('endless');
    const task = taskOf(service);
    gateway = () => void pod.say(began(task.id), 'begun');
    const control = new AbortController();
    const { lines, outcome } = call(task, control.signal);
    await eventually(() => lines).toEqual(['begun']);
    control.abort();
    expect(await outcome).toMatchObject({ state: 'Failed', reason: 'Cancelled.' });
    expect(printed(await outcome)).toBe('begun\n');
    await eventually(() => scene.isGoing(pod.name)).toBe(true);
  });

  it('that Knative ends is out of time', async () => {
    const { service } = await served('slow');
    gateway = (_asked, answer) => void answer.writeHead(504).end('activator request timeout');
    expect(await call(taskOf(service)).outcome).toMatchObject({
      state: 'Failed',
      code: 'timeout',
      reason: 'Timed out after 300 s.',
    });
  });

  it('brings its lines with its answer where no log is to be had', async () => {
    const service = declared({ name: 'unlogged' });
    const task = taskOf(service);
    gateway = (_asked, answer) => void answer.end(`${ended(task.id, '0 0').join('\n')}\none\ntwo\n`);
    const { lines, outcome } = call(task);
    // Nobody has deployed it: the call does.
    await scene.ready('unlogged', 'True');
    expect(printed(await outcome)).toBe('one\ntwo\n');
    expect(lines).toEqual(['one', 'two']);
  });

  it('is unavailable where no gateway answers', async () => {
    const { service } = await served('ungated');
    const away = scene.kubernetes();
    await expect(away.run(taskOf(service), () => undefined, never)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The gateway of the cluster does not answer at 127.0.0.1:1.',
    });
  });
});
