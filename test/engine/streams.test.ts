import { PassThrough } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { split } from '../../src/engine/streams.ts';
import { describeWith } from '../clients/installed.ts';
import { openPlace, type Place } from './place.ts';

const frame = (kind: number, content: string): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(Buffer.byteLength(content), 4);
  return Buffer.concat([header, Buffer.from(content)]);
};

function open() {
  const outlets = { output: new PassThrough(), errors: new PassThrough() };
  const joined = new PassThrough();
  split(joined, outlets);
  return { joined, ...outlets };
}

it.each([1, 3, 8, 9, 1000])('frames are put together from pieces of %d bytes', async (size) => {
  const all = Buffer.concat([frame(1, 'one'), frame(2, 'wrong'), frame(1, ''), frame(1, ' two'), frame(2, 'é')]);
  const { joined, output, errors } = open();
  for (let at = 0; at < all.length; at += size) joined.write(all.subarray(at, at + size));
  joined.end();
  expect([await text(output), await text(errors)]).toEqual(['one two', 'wrongé']);
});

it('what one reader does not want is no burden for the other', async () => {
  const { joined, output, errors } = open();
  errors.destroy();
  for (let round = 0; round < 100; round++) joined.write(frame(2, 'x'.repeat(10_000)));
  joined.end(frame(1, 'heard'));
  expect(await text(output)).toBe('heard');
});

it('the connection is closed when nobody wants anything of it', async () => {
  const { joined, output, errors } = open();
  output.destroy();
  errors.destroy();
  await expect.poll(() => joined.destroyed).toBe(true);
});

describeWith('docker', () => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace();
  });
  afterAll(() => place.close());

  /** It keeps no log: that would fill the disk. */
  const start = async (script: string) => {
    const { engine, spec, name } = place;
    const plain = spec('/bin/sh', '-c', script);
    const id = await engine.create(name('prints'), {
      ...plain,
      OpenStdin: true,
      StdinOnce: true,
      HostConfig: { ...plain.HostConfig, LogConfig: { Type: 'none', Config: {} } },
    });
    const streams = await engine.attach(id);
    await engine.start(id);
    return { id, ...streams };
  };

  /** It uses no more processor time. */
  const standstill = async (id: string) => {
    let [last, same] = [-1, 0];
    while (same < 2) {
      const now = await place.engine.cpuTime(id);
      same = now === last ? same + 1 : 0;
      last = now;
    }
  };

  it('ten megabytes on each stream arrive whole', async () => {
    const { output, errors } = await start('yes out | head -c 10000000; yes wrong | head -c 10000001 >&2');
    const [out, wrong] = await Promise.all([buffer(output), buffer(errors)]);
    expect(out.equals(Buffer.from('out\n'.repeat(2_500_000)))).toBe(true);
    expect(wrong.equals(Buffer.from('wrong\n'.repeat(1_666_667)).subarray(0, 10_000_001))).toBe(true);
  });

  it('a slow reader holds the container back, and memory stays flat', { timeout: 60_000 }, async () => {
    const megabyte = 2 ** 20;
    const { id, output, errors } = await start('yes 0123456789 | head -c 104857600; echo all >&2');
    errors.resume();
    const before = process.memoryUsage().arrayBuffers;
    // Nothing is taken, so it comes to a standstill, not to its end.
    await standstill(id);
    expect(output.readableLength).toBeGreaterThan(0);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20 * megabyte);
    expect((await place.engine.inspect(id))?.state).toBe('running');
    let taken = 0;
    for await (const chunk of output) taken += (chunk as Buffer).length;
    expect(taken).toBe(100 * megabyte);
  });

  it('input ends, and output is still heard', async () => {
    const { id, input, output, errors } = await start('cat; echo and more; exit 4');
    errors.resume();
    const ended = place.engine.ended(id, 'not-running');
    input.end('what was sent, ');
    expect(await text(output)).toBe('what was sent, and more\n');
    expect(await ended).toBe(4);
  });

  it('a container that is removed while somebody listens ends its streams', async () => {
    const { id, output, errors } = await start('echo here; sleep 600');
    const heard = Promise.all([text(output), text(errors)]);
    const ended = place.engine.ended(id, 'not-running');
    await place.engine.remove(id);
    expect((await heard)[1]).toBe('');
    expect(await ended).toBe(137);
  });
});
