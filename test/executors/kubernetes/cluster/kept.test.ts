import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readKept, writeKept } from '../../../../src/executors/kubernetes/cluster/kept.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const file = () => join(folder, 'made.json');

it('what was kept is there for the next one, and nothing before it', async () => {
  expect(await readKept(file())).toBeUndefined();
  await writeKept(file(), { node: 'one' });
  expect(await readKept(file())).toEqual({ node: 'one' });
  expect(readdirSync(folder)).toEqual(['made.json']);
});

it('one that was killed while it wrote leaves what was kept before', async () => {
  await writeKept(file(), { node: 'one' });
  writeFileSync(`${file()}.new`, '{"node": "tw');
  expect(await readKept(file())).toEqual({ node: 'one' });
});

it('what cannot be read does not pass for nothing', async () => {
  mkdirSync(file());
  await expect(readKept(file())).rejects.toMatchObject({ code: 'EISDIR' });
});
