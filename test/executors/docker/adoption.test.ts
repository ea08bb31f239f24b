import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Delivery } from '../../../src/executors/docker/delivery.ts';
import type { Outcome } from '../../../src/model/task.ts';
import { describeWith } from '../../clients/installed.ts';
import { taskOf } from '../../contracts/executor.ts';
import { docker } from '../../docker.ts';
import { declared } from '../../fakes/definitions.ts';
import { never, openDocker, type Place, said } from './place.ts';

describeWith('docker', () => {
  let folder: string;
  let place: Place | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'left-'));
  });
  afterEach(async () => {
    // Also what a test left that failed before it opened one.
    await (place ?? (await openDocker({ folder }))).close();
    place = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  /** Begins jobs in another process, and kills that once it has heard of so many lines. */
  const leave = async (input: object, ids: string[], lines: number, delivery: Delivery = 'bound') => {
    const args = [join(import.meta.dirname, 'leaving.ts'), folder, JSON.stringify(input), ids.join(','), delivery];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let heard = 0;
    for await (const _ of createInterface({ input: child.stdout })) {
      heard += 1;
      if (heard === lines) child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
  };
  const open = async (isWanted: (task: string) => boolean, delivery: Delivery = 'bound') => {
    place = await openDocker({ folder, isWanted, delivery });
    await place.buckets.create('out', {});
    return place;
  };
  const again = async (input: object, id: string): Promise<{ outcome: Outcome; lines: string[] }> => {
    const lines: string[] = [];
    const task = taskOf(declared(input), 'some input!', { id, kind: 'job', attempt: 2 });
    const outcome = await (place as Place).executor.run(task, (line) => lines.push(line), never);
    return { outcome, lines };
  };

  describe('jobs of a program that was killed', () => {
    // The word is there when the next run of the program has looked around.
    const script = [
      'echo begun',
      'until [ -e "$TMP_OUTPUT_DIR/go" ]; do sleep 0.05; done',
      'cat "$INPUT_FILE_PATH" >"$TMP_OUTPUT_DIR/copy.txt"',
      'echo "ended $SECRET"',
      'exit 3',
    ].join('\n');
    const input = {
      name: 'survivor',
      image: 'busybox',
      script,
      environment: { variables: { SECRET: 'word' } },
      output: [{ storage_provider: 'minio', path: 'out/results', suffix: ['.txt'] }],
    };
    const placeOf = () => {
      const [name = ''] = readdirSync(join(folder, 'places')).filter((one) =>
        readdirSync(join(folder, 'places', one)).some((task) => task.startsWith('survivor')),
      );
      const [task = ''] = readdirSync(join(folder, 'places', name));
      return join(folder, 'places', name, task);
    };

    it('go on, and their ends are taken up by the next one', async () => {
      await leave(input, ['one'], 1);
      await open((task) => task === 'one');
      const [job] = await (place as Place).containers('job');
      expect(job?.state).toBe('running');
      const running = again(input, 'one');
      writeFileSync(join(placeOf(), 'out/go'), '');
      const { outcome, lines } = await running;
      expect(outcome).toMatchObject({ state: 'Failed', exitCode: 3, outputs: ['out/results/copy.txt'] });
      expect(lines).toEqual([
        '[sandbox] it went on while the sandbox was away',
        'begun',
        'ended word',
        '[sandbox] wrote out/results/copy.txt (11 bytes)',
      ]);
      expect(await said(outcome)).toBe('begun\nended word\n');
      const up = async () => (await (place as Place).containers()).filter(({ state }) => state !== 'created');
      await expect.poll(up).toEqual([]);
      expect(readdirSync(join(folder, 'running'))).toEqual([]);
    });

    it.each(['bound', 'copied'] as const)(
      'that ended meanwhile are taken up with their ends, files %s',
      async (delivery) => {
        const quick = { ...input, script: 'echo begun; sleep 0.3; echo done >"$TMP_OUTPUT_DIR/x.txt"' };
        await leave(quick, ['two'], 1, delivery);
        const { engine } = await open((task) => task === 'two', delivery);
        const [job] = await (place as Place).containers('job');
        await engine.ended(job?.id ?? '', 'not-running');
        const { outcome } = await again(quick, 'two');
        expect(outcome).toMatchObject({ state: 'Succeeded', outputs: ['out/results/x.txt'] });
        await outcome.release();
      },
    );

    it('that were over, but not written down, are not run once more', async () => {
      const quick = {
        ...input,
        script: 'echo begun; cat /proc/sys/kernel/random/uuid >"$TMP_OUTPUT_DIR/x.txt"; exit 4',
      };
      await leave(quick, ['over'], 2);
      await open((task) => task === 'over');
      const { outcome, lines } = await again(quick, 'over');
      expect(outcome).toMatchObject({ state: 'Failed', exitCode: 4, outputs: ['out/results/x.txt'] });
      expect(lines[0]).toBe('[sandbox] it went on while the sandbox was away');
      await outcome.release();
      expect(readdirSync(join(folder, 'running'))).toEqual([]);
    });

    it('that were cut off meanwhile, as by the end of the machine, are run once more', async () => {
      await leave(input, ['cut'], 1);
      const data = createHash('sha256').update(folder).digest('hex').slice(0, 12);
      docker(
        'kill',
        docker('ps', '-q', '--filter', `label=oscar-sandbox.data=${data}`, '--filter', 'label=oscar-sandbox.role=job'),
      );
      await open(() => true);
      const message = 'Its container ended while the sandbox was away.';
      await expect(again(input, 'cut')).rejects.toMatchObject({ code: 'unavailable', message });
      const { outcome } = await again({ ...input, script: 'echo anew' }, 'cut');
      expect(outcome).toMatchObject({ state: 'Succeeded' });
      expect(await said(outcome)).toBe('anew\n');
    });

    it('are removed when nobody waits for them, with workers, spares and networks', async () => {
      await leave({ ...input, synchronous: { min_scale: 1, max_scale: 1 } }, ['three', 'four'], 3);
      const data = createHash('sha256').update(folder).digest('hex').slice(0, 12);
      const workers = ['--filter', `label=oscar-sandbox.data=${data}`, '--filter', 'label=oscar-sandbox.role=worker'];
      // A worker ends by itself when nobody speaks to it any more.
      await expect.poll(() => docker('ps', '-q', ...workers)).toBe('');
      await open(() => false);
      expect((await (place as Place).containers()).filter(({ state }) => state !== 'created')).toEqual([]);
      expect(readdirSync(join(folder, 'places'))).toEqual([]);
      expect(readdirSync(join(folder, 'running'))).toEqual([]);
      expect(existsSync(join(folder, 'tasks'))).toBe(true);
    });

    it('are removed with their service', async () => {
      await leave(input, ['five'], 1);
      await open(() => true);
      const { executor, containers } = place as Place;
      expect(await executor.observe()).toMatchObject([{ service: 'survivor', fingerprint: '' }]);
      await executor.withdraw('survivor');
      // A spare may come that the other process had asked for at its end.
      expect((await containers('job')).filter(({ state }) => state !== 'created')).toEqual([]);
      expect(await executor.observe()).toEqual([]);
    });
  });
});
