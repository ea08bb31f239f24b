import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unlimited } from '../../src/executors/limits/enclosure.ts';
import type { Service } from '../../src/model/service.ts';
import { printed, taskOf } from '../contracts/executor.ts';
import { declared } from '../fakes/definitions.ts';
import { openLocal, type Place } from './place.ts';

describe('what is kept', () => {
  const tasks = (folder: string) => readdirSync(join(folder, 'tasks'));
  const call = async ({ local }: Place, service: Service) => {
    const outcome = await local.run(taskOf(service), () => undefined, new AbortController().signal);
    await outcome.release();
    return printed(outcome);
  };
  const secret = (name: string) => declared({ name, script: 'echo "$WORD"' }, { secrets: { WORD: 'hush' } });

  it('of a service is no secret while it rests, and nothing when it is withdrawn', async () => {
    const place = await openLocal();
    await place.local.deploy(secret('a'));
    expect(await call(place, secret('a'))).toBe('hush\n');
    const [root = ''] = tasks(place.folder);
    expect(readdirSync(join(place.folder, 'tasks', root)).sort()).toEqual(['env', 'in', 'out', 'script.sh', 'work']);
    expect(readFileSync(join(place.folder, 'tasks', root, 'env'), 'utf8').trim()).toBe('');
    await place.local.withdraw('a');
    expect(tasks(place.folder)).toEqual([]);
    await place.close();
  });

  it('is nothing of a service whose last task ends after it was withdrawn', async () => {
    const place = await openLocal();
    const service = declared({ name: 'late', script: 'echo begun; sleep 0.2; echo $PPID' });
    await place.local.deploy(service);
    const begun = Promise.withResolvers<void>();
    const running = place.local.run(taskOf(service), () => begun.resolve(), new AbortController().signal);
    await begun.promise;
    await place.local.withdraw('late');
    const outcome = await running;
    expect(outcome).toMatchObject({ state: 'Succeeded' });
    await outcome.release();
    expect(tasks(place.folder)).toEqual([]);
    await place.close();
  });

  it('is nothing of a service whose task began after it was withdrawn', async () => {
    const place = await openLocal();
    await place.local.deploy(secret('gone'));
    await place.local.withdraw('gone');
    expect(await call(place, secret('gone'))).toBe('hush\n');
    expect(tasks(place.folder)).toEqual([]);
    await place.close();
  });

  it('is nothing when the executor is closed', async () => {
    const place = await openLocal();
    for (const name of ['a', 'b']) {
      await place.local.deploy(secret(name));
      await call(place, secret(name));
    }
    expect(tasks(place.folder).length).toBe(2);
    await place.local.close();
    expect(tasks(place.folder)).toEqual([]);
    await place.close();
  });

  it('is no file that the call before this one writes late, also where nothing ends what it left', async () => {
    const place = await openLocal({ fence: unlimited('') });
    const late = '(sleep 0.2; echo late >"$TMP_OUTPUT_DIR/late.txt") >/dev/null 2>&1 & echo first';
    await place.local.deploy(declared({ script: late }));
    expect(await call(place, declared({ script: late }))).toBe('first\n');
    expect(await call(place, declared({ script: 'sleep 0.5; echo second' }))).toBe('second\n');
    await place.close();
  });
});
