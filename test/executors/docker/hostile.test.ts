import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../../clients/installed.ts';
import { docker } from '../../docker.ts';
import { unique } from './place.ts';
import { small, useDocker } from './stage.ts';

/** An image like busybox whose shell does something of its own before it runs what it is given as `$2`. */
function makeLiar(lines: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'liar-'));
  const name = unique('oscar-sandbox-test/liar');
  const container = docker('create', 'busybox', 'mv', '/liar', '/bin/sh');
  try {
    writeFileSync(join(folder, 'sh'), ['#!/bin/busybox sh', ...lines, ''].join('\n'), { mode: 0o755 });
    docker('cp', join(folder, 'sh'), `${container}:/liar`);
    // All programs of the image are one file: it must not be written over.
    docker('start', '-a', container);
    docker('export', '-o', join(folder, 'image.tar'), container);
    docker('import', join(folder, 'image.tar'), name);
  } finally {
    docker('rm', container);
    rmSync(folder, { recursive: true });
  }
  return name;
}

describeWith('docker', () => {
  const { stage, run } = useDocker();
  const output = [{ storage_provider: 'minio', path: 'out/results' }];
  const images: string[] = [];
  let victim: string;
  beforeAll(() => {
    victim = mkdtempSync(join(tmpdir(), 'victim-'));
    writeFileSync(join(victim, 'file'), 'secret');
  });
  afterAll(() => {
    rmSync(victim, { recursive: true });
    for (const image of images) docker('rmi', '-f', image);
  });
  const isUntouched = () =>
    expect([readdirSync(victim), readFileSync(join(victim, 'file'), 'utf8')]).toEqual([['file'], 'secret']);

  it('does not write where a script linked to in the place of itself', async () => {
    const script = `rm "$0"; ln -s ${victim}/file "$0"`;
    for (const more of ['', 'echo more']) {
      const outcome = await run(small({ name: 'itself', script: `${script}; ${more}` }));
      expect(outcome.state).toBe('Succeeded');
      await outcome.release();
    }
    isUntouched();
  });

  it('is not led astray by what swaps the folders of a task as long as its worker lives', async () => {
    // It is there before the agent counts what is its own, and holds the folder of each task it sees.
    const swaps = `for f in in out work env script.sh; do mv $f .$f; ln -s ${victim} $f; rm $f; mv .$f $f; done`;
    const swapper = `cd /oscar/tasks/*/ 2>/dev/null && while :; do ${swaps}; done 2>/dev/null`;
    const image = makeLiar([
      '[ $$ = 1 ] || exec /bin/busybox sh "$@"',
      `/bin/busybox sh -c 'until ${swapper}; do sleep 0.01; done' </dev/null >/dev/null 2>&1 &`,
      'exec /bin/busybox sh "$@"',
    ]);
    images.push(image);
    const script = 'echo 1 >"$TMP_OUTPUT_DIR/a"; echo 2 >"$TMP_OUTPUT_DIR/b"';
    const service = small({ name: 'swapper', image, script, output });
    const states: string[] = [];
    for (let count = 0; count < 30; count++) {
      const outcome = await run(service, { payload: { bytes: Buffer.from('input') } });
      states.push(outcome.state);
      await outcome.release();
    }
    expect(states).toContain('Succeeded');
    isUntouched();
    expect(JSON.stringify(stage.place.buckets.contents())).not.toContain('secret');
  });

  it('ends the container of a job that goes on when it said that it had ended', async () => {
    const image = makeLiar([
      '[ $$ = 1 ] || exec /bin/busybox sh "$@"',
      '/bin/busybox sh "$@"',
      'exec /bin/busybox sleep 1000',
    ]);
    images.push(image);
    const outcome = await run(small({ name: 'lingers', image, script: 'echo ok' }), { kind: 'job' });
    expect(outcome).toMatchObject({ state: 'Succeeded', exitCode: 0 });
    const up = (await stage.place.containers('job', 'lingers')).filter(({ state }) => state === 'running');
    expect(up).toEqual([]);
    await outcome.release();
  });
});
