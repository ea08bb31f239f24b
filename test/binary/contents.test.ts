import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sqlite } from '../../scripts/build/bundle.ts';
import { targets } from '../../scripts/build/targets.ts';
import { isMade, programOf } from '../release.ts';
import { createGround, type Ground } from './ground.ts';

const templates = join(import.meta.dirname, '../../templates');
// Beside the starter services lies what a cluster is made of.
const names = readdirSync(templates).filter((name) => name !== 'cluster');
/** What a folder holds: each file's name, and what is in it. */
const contents = (folder: string) =>
  new Map(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))] as const));

describe('the executable', () => {
  let ground: Ground;
  beforeAll(() => {
    ground = createGround();
  });
  afterAll(() => ground.remove());

  it('lists the starter services of the sources', async () => {
    const { stdout } = await ground.run(['init', '--json']);
    const listed = stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { name: string }).name);
    expect(listed).toEqual(names.toSorted());
  });

  it.each(names)('copies %s byte for byte, with the schema that it names', async (name) => {
    const folder = ground.at('work', name);
    expect((await ground.run(['init', name, folder])).code).toBe(0);
    const schema = Buffer.from((await ground.run(['schema'])).stdout);
    expect(contents(folder)).toEqual(contents(join(templates, name)).set('fdl.schema.json', schema));
  });
});

describe.each([...targets])('the program for $name', (target) => {
  const there = isMade(target);

  it.skipIf(!there)(`has the templates and its own SQLite inside${there ? '' : ' (skipped: it is not made)'}`, () => {
    const program = readFileSync(programOf(target));
    const parts = names.flatMap((name) => [...contents(join(templates, name)).values()]);
    for (const part of [...parts, sqlite(target.name)]) expect(program.includes(part)).toBe(true);
    for (const other of targets) if (other !== target) expect(program.includes(sqlite(other.name))).toBe(false);
  });

  it.skipIf(!there)(`is of a size that one can download${there ? '' : ' (skipped: it is not made)'}`, () => {
    const [program, archive] = [programOf(target), `${programOf(target)}.gz`].map((file) => readFileSync(file).length);
    expect(program).toBeLessThan(170 * 2 ** 20);
    expect(archive).toBeLessThan(50 * 2 ** 20);
  });
});
