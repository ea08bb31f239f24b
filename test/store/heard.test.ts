import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { createHeard, type Heard } from '../../src/store/heard.ts';

let db: Database;
let heard: Heard;
beforeEach(() => {
  db = openDatabase(':memory:');
  heard = createHeard(db);
});
afterEach(() => db.close());

const late = 100;
const mark = (time: number, bucket = 'b') => ({ bucket, key: `key-${time}`, mark: 'm', time });
const hear = (time: number, { last = false } = {}) => db.write(() => heard.add(mark(time), last));
const known = (...times: number[]) => times.filter((time) => heard.has(mark(time)));

describe('what a store has told of', () => {
  it('is new once', async () => {
    expect(await hear(1)).toBe(true);
    expect(await hear(1, { last: true })).toBe(false);
    expect(await hear(1, { last: true })).toBe(false);
  });

  it('is the same by bucket, key and mark together', async () => {
    await hear(1);
    expect(heard.has(mark(1, 'other'))).toBe(false);
  });
});

describe('what is looked through', () => {
  it('goes forward only, and not at all once nobody watches', async () => {
    const place = { bucket: 'b', prefix: 'in/' };
    await db.write(() => heard.watch({ ...place, until: 10 }));
    await db.write(() => heard.advance({ ...place, until: 5 }));
    expect(heard.watched()).toEqual([{ ...place, until: 10 }]);
    await db.write(() => heard.unwatch(place));
    await db.write(() => heard.advance({ ...place, until: 20 }));
    expect(heard.watched()).toEqual([]);
  });

  it('is remembered as far back as a look reaches, by the folder that is furthest behind', async () => {
    for (const time of [800, 950, 1000]) await hear(time);
    await db.write(() => heard.watch({ bucket: 'b', prefix: 'in/', until: 1000 }));
    await db.write(() => heard.watch({ bucket: 'b', prefix: 'sub/', until: 900 }));
    await db.write(() => heard.forgetSeen(late));
    expect(known(800, 950, 1000)).toEqual([800, 950, 1000]);
    await db.write(() => heard.unwatch({ bucket: 'b', prefix: 'sub/' }));
    await db.write(() => heard.forgetSeen(late));
    expect(known(800, 950, 1000)).toEqual([950, 1000]);
  });
});

describe('what the queue of the store has still to tell of', () => {
  it('is remembered for as long as that takes', async () => {
    await hear(1);
    await db.write(() => heard.forgetTold(late));
    expect(known(1)).toEqual([1]);
  });

  it('is forgotten when it has told of it, and of one that is later', async () => {
    await hear(1);
    await hear(1, { last: true });
    await db.write(() => heard.forgetTold(late));
    expect(known(1)).toEqual([1]);
    await hear(1000, { last: true });
    await db.write(() => heard.forgetTold(late));
    expect(known(1, 1000)).toEqual([1000]);
  });

  it('is forgotten when it went past it', async () => {
    for (const time of [1, 950]) await hear(time);
    await hear(1000, { last: true });
    await db.write(() => heard.forgetTold(late));
    expect(known(1, 950, 1000)).toEqual([950, 1000]);
  });

  it('is remembered as well while a look through its folder would take it for new', async () => {
    await db.write(() => heard.watch({ bucket: 'b', prefix: '', until: 50 }));
    await hear(1);
    await hear(1000, { last: true });
    await db.write(() => heard.forgetTold(late));
    expect(known(1)).toEqual([1]);
  });
});
