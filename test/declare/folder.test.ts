import { rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fdl, type Served, serve } from './watching.ts';

describe('whatever is done to the folder', () => {
  it('what is served in the end is what is in it', async () => {
    const slots = ['p/0', 'p/1', 'q/2', 'q/r/3'];
    const act = fc.record({
      slot: fc.constantFrom(...slots),
      how: fc.constantFrom('fdl', 'script', 'over', 'delete', 'empty', 'bad', 'away and back', 'move folder'),
      breath: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 10, maxLength: 40 }), async (acts) => {
        const s = await serve();
        try {
          const wanted = await perform(s, acts);
          await s.until(`this is served: ${wanted}`, () => state(s.served) === wanted);
          await s.rescan();
          expect(state(s.served)).toBe(wanted);
        } finally {
          await s.close();
        }
      }),
      { numRuns: 8 },
    );
  });
});

interface Act {
  slot: string;
  how: string;
  breath: boolean;
}

const state = (served: Map<string, string>) => JSON.stringify([...served].toSorted());

/** Does the acts, and then makes every file whole; answers what is to be served. */
async function perform(s: Served, acts: Act[]): Promise<string> {
  const memories = new Map<string, number>();
  const scripts = new Map<string, number>();
  const at = (path: string) => join(s.folder, path);
  const id = (slot: string) => slot.at(-1) ?? '';
  const text = (slot: string) => fdl(`s${id(slot)}`, `${id(slot)}.sh`, `      memory: ${memories.get(slot)}Mi\n`);
  const save = async (slot: string, n: number, over = false) => {
    memories.set(slot, n);
    await s.write(over ? `${slot}.tmp` : `${slot}.yaml`, text(slot));
    if (over) await rename(at(`${slot}.tmp`), at(`${slot}.yaml`));
  };
  const saveScript = async (slot: string, n: number) => {
    scripts.set(slot, n);
    await s.write(`${slot}.sh`, `echo ${n}\n`);
  };
  for (const [n, { slot, how, breath }] of acts.entries()) {
    if (how === 'script' || !scripts.has(slot)) await saveScript(slot, n + 1);
    const present = memories.has(slot);
    if (how === 'fdl' || how === 'over') await save(slot, n + 1, how === 'over');
    else if (how === 'delete' && present) {
      await unlink(at(`${slot}.yaml`));
      memories.delete(slot);
    } else if (how === 'empty' && present) await s.write(`${slot}.yaml`, '');
    else if (how === 'bad' && present) await s.write(`${slot}.yaml`, `${text(slot)}\tx`);
    else if (how === 'away and back' && present) {
      await rename(at(`${slot}.yaml`), at(`${slot}.bak`));
      await rename(at(`${slot}.bak`), at(`${slot}.yaml`));
    } else if (how === 'move folder') {
      const folder = slot.split('/')[0] ?? '';
      await rename(at(folder), at('aside'));
      await rename(at('aside'), at(folder));
    }
    if (breath) await new Promise((resolve) => setImmediate(resolve));
  }
  const whole = new Map<string, string>();
  for (const [slot, n] of memories) {
    await save(slot, n);
    whole.set(`${slot}.yaml`, `s${id(slot)} ${n}Mi echo ${scripts.get(slot)}\n`);
  }
  return state(whole);
}
