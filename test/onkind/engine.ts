import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { InvocationView } from '../../src/api/protocol.ts';
import { describeWith } from '../clients/installed.ts';
import { docker } from '../docker.ts';
import { partsFolder } from '../kind/parts.ts';
import { type Ended, kindWords, patience, runCommand } from '../program.ts';
import { createEngine, type OwnEngine } from '../trouble/dockerd.ts';
import { kernel } from './shared.ts';

const anyPorts = ['--port', '0', '--s3-port', '0', '--exposed-port', '0'];
const silent =
  /^error: The gateway of the cluster does not answer at 127\.0\.0\.1:\d+\.\nhint: .*`oscar-sandbox restart`/;
const long = { timeout: 300_000 };
const names = (what: string, count: number) => Array.from({ length: count }, (_, at) => `${what}-${at}.txt`);

/** A cluster on an engine that ends under it, and is started again. */
export function engineUnder(): void {
  describeWith('dockerd', () => {
    let folder: string;
    let engine: OwnEngine;
    let before: { kernel: string[]; volumes: string };
    const onIt = (...args: string[]) => docker('--host', engine.address, ...args);
    const nodes = () => onIt('ps', '--all', '--quiet', '--filter', 'label=io.x-k8s.kind.cluster');
    const volumes = (...filter: string[]) => onIt('volume', 'ls', '--quiet', ...filter);
    const command = (...args: string[]): Promise<Ended> =>
      runCommand([...args, '--data-dir', join(folder, 'data')], { DOCKER_HOST: engine.address }, engine.inside());
    const up = () =>
      command(
        ...['up', join(folder, 'services'), '--executor', 'kind', ...kindWords, '--no-fallback'],
        ...['--detach', '--wait', ...anyPorts],
      );
    const call = () => command('run', 'cold', '--input', 'good morning');
    const upload = async (name: string) => command('put', join(folder, name), 'chained/in/');
    /** As a client does that tries again until its upload is acknowledged. */
    const insist = async (all: string[]) => {
      for (const name of all) {
        await vi.waitFor(async () => expect(await upload(name)).toMatchObject({ code: 0 }), {
          ...patience,
          interval: 500,
        });
      }
    };
    const write = (all: string[]) => {
      for (const name of all) writeFileSync(join(folder, name), `${name}\n`);
      return all;
    };
    const text = async (path: string) => (await command('get', path, '-')).stdout;
    /** The states of all jobs of these uploads, each with its upload. */
    const jobs = async (all: string[]) => {
      const { stdout } = await command('logs', 'louder', '--all', '--json');
      const views = stdout.split('\n').filter(Boolean);
      const ended = views.map((line) => JSON.parse(line) as InvocationView).map(({ object, state }) => [object, state]);
      return ended.filter(([object]) => all.some((name) => object === `chained/in/${name}`)).sort();
    };
    const succeeded = (all: string[]) => all.map((name) => [`chained/in/${name}`, 'Succeeded']).sort();

    beforeAll(async () => {
      before = { kernel: kernel(), volumes: '' };
      // What an engine keeps is too much for a folder that may be in memory.
      const place = dirname(partsFolder);
      folder = mkdtempSync(join(place, 'program-'));
      const isPage = (path: string) => /\/web[^/]*$/.test(path);
      const services = join(import.meta.dirname, '../fixtures/cluster');
      cpSync(services, join(folder, 'services'), { recursive: true, filter: (path) => !isPage(path) });
      engine = createEngine(place);
      await engine.start();
      const name = join(partsFolder, 'node-image');
      const save = `docker save ${existsSync(name) ? readFileSync(name, 'utf8').trim() : ''}`;
      if (existsSync(name)) execFileSync('sh', ['-c', `${save} | docker --host '${engine.address}' load`]);
    }, 300_000);
    afterAll(async () => {
      try {
        await command('clean', '--yes');
      } finally {
        await engine.remove();
        rmSync(folder, { recursive: true, force: true });
      }
    }, 120_000);

    it('that is killed while it makes the node is told of; the next start makes all of it', long, async () => {
      const rising = up();
      await expect.poll(nodes, patience).not.toBe('');
      await engine.stop('SIGKILL');
      const { code, stdout, stderr } = await rising;
      expect([code, stdout]).toEqual([7, '']);
      expect(stderr).toMatch(/^error: The container engine at unix:\S+ does not answer: .*\.\nhint: Start it .*\n$/m);
      await engine.start();
      // One that dies in the middle of making a container may lose sight of its volume.
      before.volumes = volumes('--filter', 'dangling=true');
      expect(await up()).toMatchObject({ code: 0, stderr: expect.stringContaining('The cluster is ready after ') });
      expect(await call()).toMatchObject({ code: 0, stdout: 'you said: good morning\n' });
    });

    it('that is killed and started again has the cluster back by itself, and no upload is lost', long, async () => {
      const all = [...write(names('before', 3)), ...write(names('meanwhile', 5))];
      await insist(all.slice(0, 3));
      await engine.stop('SIGKILL');
      expect(await upload('meanwhile-0.txt')).toMatchObject({ code: 7 });
      expect(await call()).toMatchObject({ code: 7, stderr: expect.stringMatching(silent) });
      const insisting = insist(all.slice(3));
      await engine.start();
      await insisting;
      await expect.poll(async () => (await call()).stdout, patience).toBe('you said: good morning\n');
      await expect.poll(() => jobs(all), { ...patience, interval: 500 }).toEqual(succeeded(all));
      for (const name of all) expect(await text(`chained/loud/${name}`)).toBe(`${name.toUpperCase()}\n`);
    });

    it('has nothing of it any more when it was cleaned', async () => {
      expect(await command('clean', '--yes')).toMatchObject({ code: 0, stderr: '' });
      expect(nodes()).toBe('');
      expect({ kernel: kernel(), volumes: volumes() }).toEqual(before);
    });
  });
}
