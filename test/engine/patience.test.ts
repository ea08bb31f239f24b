import { createServer, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEngine } from '../../src/engine/docker.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { createFolder } from './place.ts';

/** What is asked of an engine that answers only when it is told to. */
interface Asked {
  what: string;
  answer(status: number, body?: object): void;
}

/** Something that says it is Docker, and then takes its time. */
async function createSlow(path: string) {
  const asked: Asked[] = [];
  const answer = (response: ServerResponse) => (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const server = createServer((request, response) => {
    const [at = ''] = (request.url ?? '').split('?');
    request.resume();
    if (/^\/(version|info)$/.test(at)) answer(response)(200, { Version: '20.10', Name: 'slow' });
    else asked.push({ what: `${request.method} ${at}`, answer: (status, body = {}) => answer(response)(status, body) });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return { asked, close };
}

let folder: Awaited<ReturnType<typeof createFolder>>;
let slow: Awaited<ReturnType<typeof createSlow>>;
let address: string;
const open = (more: { patienceMs?: number } = {}): Promise<Engine> => {
  const options = { socketPath: join(folder.path, 'slow.sock') };
  return openEngine({ at: { address, foundBy: 'a test', options }, credentialsFor: async () => undefined, ...more });
};
beforeEach(async () => {
  folder = await createFolder();
  address = `unix://${join(folder.path, 'slow.sock')}`;
  slow = await createSlow(join(folder.path, 'slow.sock'));
});
afterEach(async () => {
  await slow.close();
  await folder.remove();
});

const labels = { 'oscar-sandbox.data': 'nobody' };
it.each<[name: string, call: (engine: Engine) => Promise<unknown>]>([
  ['image', (engine) => engine.image('busybox')],
  ['create', (engine) => engine.create('one', { Image: 'busybox', Labels: labels, HostConfig: {} })],
  ['start', (engine) => engine.start('one')],
  ['inspect', (engine) => engine.inspect('one')],
  ['list', (engine) => engine.list(labels)],
  ['kill', (engine) => engine.kill('one')],
  ['remove', (engine) => engine.remove('one')],
  ['rename', (engine) => engine.rename('one', 'two')],
  ['network', (engine) => engine.network('one', labels)],
  ['networks', (engine) => engine.networks(labels)],
  ['removeNetwork', (engine) => engine.removeNetwork('one')],
  ['volume', (engine) => engine.volume('one', labels)],
  ['volumes', (engine) => engine.volumes(labels)],
  ['removeVolume', (engine) => engine.removeVolume('one')],
])('an engine that takes %s and never answers is unavailable', async (_, call) => {
  const engine = await open({ patienceMs: 500 });
  await expect(call(engine)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining(`The container engine at ${address} does not answer within 0.5 s.`),
    hint: expect.any(String),
  });
});

it('the end of a container may come at any time', async () => {
  const engine = await open({ patienceMs: 500 });
  const ended = engine.ended('one', 'not-running');
  const impatient = engine.inspect('one').catch(() => 'late');
  expect(await Promise.race([ended, impatient])).toBe('late');
  slow.asked.find(({ what }) => what.includes('wait'))?.answer(200, { StatusCode: 3 });
  expect(await ended).toBe(3);
});

it('what changes one container is asked for one after the other, and of others meanwhile', async () => {
  const engine = await open();
  const works = [engine.rename('one', 'two'), engine.kill('one'), engine.remove('one'), engine.remove('other')];
  const of = (id: string) => slow.asked.map(({ what }) => what).filter((what) => what.includes(`/${id}`));
  await expect.poll(() => of('other')).toEqual(['DELETE /containers/other']);
  expect(of('one')).toEqual(['POST /containers/one/rename']);
  const answerLast = () => slow.asked.findLast(({ what }) => what.includes('/one'))?.answer(204);
  answerLast();
  await expect.poll(() => of('one')).toHaveLength(2);
  answerLast();
  await expect.poll(() => of('one')).toHaveLength(3);
  answerLast();
  slow.asked.find(({ what }) => what.includes('/other'))?.answer(204);
  await Promise.all(works);
  const [rename, kill, remove] = ['POST /containers/one/rename', 'POST /containers/one/kill', 'DELETE /containers/one'];
  expect(of('one')).toEqual([rename, kill, remove]);
});
