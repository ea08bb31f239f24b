import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { InvocationView, Status } from '../../src/api/protocol.ts';
import { isAlive } from '../../src/daemon/background.ts';
import { type Program, startProgram } from '../program.ts';

const patience = { timeout: 20_000, interval: 25 };

let program: Program;
let scratch: string;
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'sandbox-crowd-'));
  program = await startProgram({});
});
afterAll(async () => {
  await program.stop();
  rmSync(scratch, { recursive: true });
});

const declare = async (method: 'POST' | 'PUT', name: string, script: string, most = 0) => {
  const body = JSON.stringify({ name, image: 'alpine', script, synchronous: { max_scale: most } });
  const answer = await program.call('/system/services', { method, body });
  expect([201, 204], await answer.clone().text()).toContain(answer.status);
};
const call = (name: string, body: string) => program.call(`/run/${name}`, { method: 'POST', body });
const counting = (count: number) => Array.from({ length: count }, (_, n) => n);
const there = (file: string) => vi.waitFor(() => expect(existsSync(file)).toBe(true), patience);
/** How many invocations of a service have begun, or stand in line. */
const begun = async (service: string) => {
  const told = await (await program.call('/sandbox/events?recent=true&follow=false')).text();
  return told.match(new RegExp(`"kind":"invocation-started","service":"${service}"`, 'g'))?.length ?? 0;
};
/** A script that adds what it is sent to a file, in one write: others may do so at the same time. */
const noting = (file: string) => `printf '%s\\n' "$(cat "$INPUT_FILE_PATH")" >> '${file}'`;
/** Every number that stands alone on a line of a file, in its order. */
const numbersIn = (file: string) => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);

it.each([2, 0])('200 calls at a time are all answered, each with its own, at max_scale %i', async (most) => {
  await declare('POST', `crowd-${most}`, 'cat "$INPUT_FILE_PATH"', most);
  const answers = await Promise.all(
    counting(200).map(async (n) => {
      const answer = await call(`crowd-${most}`, `call ${n}.`);
      return `${answer.status} ${(await answer.text()).trim()}`;
    }),
  );
  expect(answers).toEqual(counting(200).map((n) => `200 call ${n}.`));
});

it('calls that wait in line are served in the order in which they came', async () => {
  const order = join(scratch, 'order');
  await declare('POST', 'line', noting(order), 1);
  const { api, user, password } = program.status;
  const socket = connect(Number(new URL(api).port), '127.0.0.1');
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  // Down one connection, none waiting for the answer of another: they come in this order for certain.
  for (const n of counting(50)) {
    const body = `${n}.`;
    socket.write(
      `POST /run/line HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ${credentials}\r\n` +
        `Content-Length: ${body.length}\r\n${n === 49 ? 'Connection: close\r\n' : ''}\r\n${body}`,
    );
  }
  socket.resume();
  await once(socket, 'close');
  expect(numbersIn(order)).toEqual(counting(50));
});

it('a caller who leaves ends the script and everything it started, and the next one is served', async () => {
  const child = join(scratch, 'child');
  const script = `if [ "$(cat "$INPUT_FILE_PATH")" = next. ]; then echo served; exit; fi
sleep 600 & echo $! > '${child}.new'; mv '${child}.new' '${child}'; wait`;
  await declare('POST', 'left', script, 1);
  const leaving = new AbortController();
  const lost = program.call('/run/left', { method: 'POST', body: 'first.', signal: leaving.signal });
  await there(child);
  leaving.abort();
  await expect(lost).rejects.toThrow();
  // The only worker is free again: the script was not waited for.
  expect(await (await call('left', 'next.')).text()).toContain('served');
  const { stdout } = await program.command(['logs', 'left', '--all', '--json']);
  const states = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as InvocationView);
  expect(states).toMatchObject([{ state: 'Succeeded' }, { state: 'Failed', reason: 'Cancelled.' }]);
  await expect.poll(() => isAlive(numbersIn(child)[0] ?? 0)).toBe(false);
});

it('while a service is replaced again and again, every call is answered by one of its versions', async () => {
  const version = (n: number) => `sleep 0.02; echo version ${n}`;
  await declare('POST', 'changing', version(0));
  let replacing = true;
  const caller = async () => {
    const heard = new Set<string>();
    while (replacing) {
      const answer = await call('changing', 'x.');
      heard.add(`${answer.status} ${(await answer.text()).trim()}`);
    }
    return [...heard];
  };
  const callers = Promise.all([caller(), caller(), caller(), caller()]);
  for (const n of counting(60)) {
    await declare('PUT', 'changing', version(n));
    // What was saved is what the next call gets.
    if (n % 10 === 0) expect((await (await call('changing', 'x.')).text()).trim()).toBe(`version ${n}`);
  }
  replacing = false;
  const heard = new Set((await callers).flat());
  expect([...heard].filter((one) => !/^200 version \d+$/.test(one))).toEqual([]);
  expect(heard.size).toBeGreaterThan(1);
});

it('deleting a service lets its calls under way end, and tells those in line', async () => {
  const [started, go] = [join(scratch, 'under-way'), join(scratch, 'go')];
  await declare('POST', 'leaving', `echo > '${started}'; while [ ! -e '${go}' ]; do sleep 0.05; done; echo done`, 1);
  const first = call('leaving', 'x.');
  await there(started);
  const second = call('leaving', 'x.');
  await vi.waitFor(async () => expect(await begun('leaving')).toBe(2), patience);
  expect((await program.call('/system/services/leaving', { method: 'DELETE' })).status).toBe(204);
  expect((await second).status).toBe(404);
  writeFileSync(go, '');
  expect(await (await first).text()).toContain('done');
  expect((await call('leaving', 'x.')).status).toBe(404);
});

describe('a storm of jobs', () => {
  it('is taken whole, under names of their own, and each job runs once', async () => {
    const ran = join(scratch, 'ran');
    await declare('POST', 'storm', noting(ran));
    const names = await Promise.all(
      counting(400).map(async (n) => {
        const answer = await program.call('/job/storm', { method: 'POST', body: `${n}.` });
        return `${answer.status} ${answer.headers.get('x-oscar-sandbox-job')}`;
      }),
    );
    expect(new Set(names).size).toBe(400);
    expect(names.filter((name) => !name.startsWith('201 storm-'))).toEqual([]);
    await vi.waitFor(async () => {
      const { jobs } = (await (await program.call('/sandbox/status')).json()) as Status;
      expect(jobs).toMatchObject({ Pending: 0, Running: 0 });
    }, patience);
    expect(numbersIn(ran).toSorted((one, other) => one - other)).toEqual(counting(400));
  });
});
