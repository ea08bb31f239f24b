import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bucket, createGround, type Ground } from './ground.ts';

type Act = 'write here' | 'replace here' | 'delete here' | 'put there' | 'delete there';

interface Step {
  act: Act;
  path: string;
  content: string;
}

const names = ['a', 'b', 'sub/a', 'sub/b', 'sub/deep/a', 'other/a'];
const acts: Act[] = ['write here', 'replace here', 'delete here', 'put there', 'delete there'];
const step = fc.record({
  act: fc.constantFrom(...acts),
  path: fc.constantFrom(...names),
  content: fc.string({ maxLength: 3 }),
});
// Between two looks at them, each path changes once.
const batch = fc.uniqueArray(step, { selector: ({ path }) => path, maxLength: 5 });

async function perform(ground: Ground, { act, path, content }: Step): Promise<void> {
  const file = join(ground.folder, path);
  if (act === 'put there') return ground.put(path, content);
  if (act === 'delete there') return ground.buckets.delete(bucket, `data/${path}`, {});
  if (act === 'delete here') return rmSync(file, { force: true });
  mkdirSync(dirname(file), { recursive: true });
  if (act === 'write here') return writeFileSync(file, content);
  writeFileSync(`${file}~`, content);
  renameSync(`${file}~`, file);
}

/** Whatever is done to one side of a path at a time, both sides have it afterwards, and nothing else. */
async function agrees(batches: Step[][]): Promise<void> {
  const ground = await createGround();
  try {
    const mount = ground.open();
    await mount.ready;
    const expected = new Map<string, string>();
    for (const steps of batches) {
      for (const one of steps) {
        await perform(ground, one);
        if (one.act.startsWith('delete')) expected.delete(one.path);
        else expected.set(one.path, one.content);
      }
      await mount.flush();
      expect(ground.files()).toEqual(Object.fromEntries(expected));
      expect(await ground.objects()).toEqual(Object.fromEntries(expected));
    }
  } finally {
    await ground.close();
  }
}

it('both sides agree after whatever is done to one of them', async () => {
  await fc.assert(fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 5 }), agrees), { numRuns: 15 });
}, 60_000);
