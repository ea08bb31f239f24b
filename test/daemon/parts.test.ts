import { chmod, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBus } from '../../src/daemon/bus.ts';
import { keepCredentials } from '../../src/daemon/credentials.ts';
import { makeDataFolder } from '../../src/daemon/datafolder.ts';
import { dataId, findId, readStatus } from '../../src/daemon/files.ts';
import { ourHosts } from '../../src/daemon/hosts.ts';
import { occupy } from '../../src/daemon/occupy.ts';
import { listenFrom, listenHttp } from '../../src/daemon/ports.ts';
import { createUndo } from '../../src/daemon/undo.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daemon-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('hosts', () => {
  const ours = ourHosts('127.0.0.1', ['sandbox.lan']);
  it.each([
    'localhost:8080',
    'demo.localhost',
    '127.0.0.1:1',
    '127.9.9.9',
    '[::1]:80',
    'host.docker.internal:9000',
    'sandbox.lan',
    'LOCALHOST',
    undefined,
  ])('%s is ours', (host) => expect(ours(host)).toBe(true));
  it.each(['evil.example', 'localhost.evil.example', '10.0.0.1', '127.0.0.1.nip.io', ''])('“%s” is not', (host) =>
    expect(ours(host)).toBe(false),
  );
  it('any address is ours when bound to all of them, a name is not', () => {
    const all = ourHosts('0.0.0.0', []);
    expect([all('10.0.0.1:8080'), all('evil.example')]).toEqual([true, false]);
  });
});

describe('ports', () => {
  const names = { what: 'the API', flag: '--port' };
  const busy = async () => {
    const server = createServer();
    const port = await listenHttp(server, '127.0.0.1', 0);
    return { port, close: () => new Promise((resolve) => server.close(resolve)) };
  };

  it('a busy default moves to the next free one', async () => {
    const other = await busy();
    const server = createServer();
    const listen = (number: number) => listenHttp(server, '127.0.0.1', number);
    const port = await listenFrom({ number: other.port, explicit: false }, listen, names);
    expect(port).toBeGreaterThan(other.port);
    server.close();
    await other.close();
  });

  it('a busy port that was asked for is an error that names the flag', async () => {
    const other = await busy();
    const listen = (number: number) => listenHttp(createServer(), '127.0.0.1', number);
    const refused = listenFrom({ number: other.port, explicit: true }, listen, names);
    await expect(refused).rejects.toMatchObject({
      code: 'conflict',
      message: `Port ${other.port} for the API is in use.`,
    });
    await other.close();
  });
});

describe('the data folder', () => {
  it('belongs to one daemon at a time, and to the next one after a crash', async () => {
    const leave = await occupy(folder);
    await expect(occupy(folder)).rejects.toMatchObject({
      code: 'conflict',
      message: `A sandbox already runs on ${folder}.`,
    });
    await leave();
    await (await occupy(folder))();
  });

  it('has an id of its own, which goes where it goes, and is made once', async () => {
    const [first, second] = [join(folder, 'first'), join(folder, 'second')];
    const ids: string[] = [];
    for (const one of [first, second, first]) {
      const leave = await occupy(one);
      ids.push(dataId(one));
      await leave();
    }
    expect(ids[0]).toMatch(/^[0-9a-f]{12}$/);
    expect(ids[2]).toBe(ids[0]);
    expect(ids[1]).not.toBe(ids[0]);
    expect((await stat(join(first, 'id'))).mode & 0o777).toBe(0o600);
    const moved = join(folder, 'moved');
    await rename(first, moved);
    await symlink(moved, join(folder, 'link'));
    expect([dataId(moved), dataId(join(folder, 'link'))]).toEqual([ids[0], ids[0]]);
    // Another machine may have the same path on the same engine.
    await (await occupy(first))();
    expect(dataId(first)).not.toBe(ids[0]);
  });

  it('has no id before a sandbox was started on it', () => {
    expect(findId(folder)).toBeUndefined();
    expect(() => dataId(folder)).toThrow(`The data folder ${folder} has no id.`);
  });

  it('says what to do about an id that is none, and is free again', async () => {
    await writeFile(join(folder, 'id'), '');
    await expect(occupy(folder)).rejects.toThrow('does not hold an id of 12 hex digits');
    await rm(join(folder, 'id'));
    await (await occupy(folder))();
  });

  it('keeps its credentials, readable by nobody else', async () => {
    const made = await keepCredentials(folder);
    expect(await keepCredentials(folder)).toEqual(made);
    expect((await stat(join(folder, 'credentials'))).mode & 0o777).toBe(0o600);
    expect(made.password.length).toBeGreaterThanOrEqual(16);
  });

  it('says what to do about credentials that are broken, and leaves them', async () => {
    await writeFile(join(folder, 'credentials'), '{"user":');
    await expect(keepCredentials(folder)).rejects.toThrow('is not readable as credentials');
    expect(await readFile(join(folder, 'credentials'), 'utf8')).toBe('{"user":');
  });

  it.each([
    ['below a file', () => join(folder, 'file', 'data'), 'is no folder'],
    ['a file', () => join(folder, 'file'), 'is no folder'],
    ['with too long a path', () => join(folder, 'long/'.repeat(100)), 'bytes too long'],
    // Linux alone has it, and answers ENOENT there to whoever makes a folder; elsewhere `/` is closed.
    ['where none can be made', () => '/proc/data', '/proc'],
  ])('%s is refused with the reason and the flag', async (_, path, why) => {
    await writeFile(join(folder, 'file'), '');
    await expect(occupy(path())).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(why),
      hint: expect.stringContaining('--data-dir'),
    });
  });

  it('is made with the folders above it, by as many as want to at a time', async () => {
    const deep = join(folder, 'a/b/c');
    await Promise.all([makeDataFolder(deep), makeDataFolder(deep), makeDataFolder(deep)]);
    expect((await stat(deep)).mode & 0o777).toBe(0o700);
  });

  it.each([0o1777, 0o777, 0o775])('is refused where others may write, and stays as it is: %o', async (mode) => {
    await chmod(folder, mode);
    await writeFile(join(folder, 'thesis.tex'), '');
    // An id that anybody may have put there changes nothing.
    if (mode === 0o1777) await writeFile(join(folder, 'id'), '0123456789ab\n');
    await expect(occupy(folder)).rejects.toMatchObject({
      code: 'invalid',
      message: `The data folder ${folder} cannot be used: others may write to it.`,
      hint: expect.stringContaining(`chmod go-w ${folder}`),
    });
    expect((await stat(folder)).mode & 0o7777).toBe(mode);
  });

  it('is taken as it is where others may read', async () => {
    await chmod(folder, 0o755);
    for (const _ of ['first', 'second']) await (await occupy(folder))();
    expect((await stat(folder)).mode & 0o777).toBe(0o755);
  });

  it('that is empty and ours is closed to others, whatever the umask made of it', async () => {
    await chmod(folder, 0o775);
    await (await occupy(folder))();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('that was opened to others since is closed again', async () => {
    await (await occupy(folder))();
    await chmod(folder, 0o777);
    await (await occupy(folder))();
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('of a machine that lost power while its address was written is free', async () => {
    await writeFile(join(folder, 'daemon.json'), '');
    expect(await readStatus(folder)).toBeUndefined();
  });
});

it('the bus tells everyone and keeps the newest for those who come late', () => {
  const bus = createBus({ now: () => 7, keep: 2 });
  const heard: string[] = [];
  const stop = bus.subscribe((happening) => heard.push(happening.text));
  for (const text of ['a', 'b', 'c']) bus.tell({ kind: 'job-queued', text });
  stop();
  bus.tell({ kind: 'job-queued', text: 'd' });
  expect(heard).toEqual(['a', 'b', 'c']);
  expect(bus.recent()).toEqual(['c', 'd'].map((text) => ({ at: 7, kind: 'job-queued', text })));
});

it('undoing goes in reverse, to the end, and then tells the first failure', async () => {
  const undone: string[] = [];
  const undo = createUndo();
  for (const name of ['first', 'second', 'third']) {
    undo.add(() => {
      undone.push(name);
      if (name === 'second') throw new Error('second failed');
    });
  }
  await expect(undo.all()).rejects.toThrow('second failed');
  await undo.all();
  expect(undone).toEqual(['third', 'second', 'first']);
});
