import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvocationView } from '../../src/api/protocol.ts';
import { docker } from '../docker.ts';
import { endProgram, type Program, patience, startProgram } from '../program.ts';
import type { Shared } from './shared.ts';

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const aside = '/root/kube-apiserver.yaml';
const names = (what: string, count: number) => Array.from({ length: count }, (_, at) => `${what}-${at}.txt`);

/** What goes wrong with a cluster, and loses nothing. */
export function troubleOf(shared: Shared): void {
  describe('no upload is lost', () => {
    let program: Program;
    let folder: string;
    const start = async () => {
      program = await startProgram({ folder });
    };
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'trouble-'));
      cpSync(join(import.meta.dirname, '../fixtures/cluster'), folder, { recursive: true });
      await start();
    });
    afterAll(async () => {
      await program?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const put = (all: string[]) => Promise.all(all.map((name) => program.put(`chained/in/${name}`, `${name}\n`)));
    const outputs = (all: string[]) =>
      Promise.all(all.map((name) => program.get(`chained/loud/${name}`).catch(() => undefined)));
    const done = (all: string[]) => all.map((name) => `${name.toUpperCase()}\n`);
    const ended = async (object: string) => {
      const answer = await program.call('/sandbox/invocations?service=louder&limit=1000');
      const jobs = ((await answer.json()) as InvocationView[]).filter((one) => one.object === object);
      return jobs.map(({ state }) => state);
    };

    it('while the API server is away', async () => {
      const all = names('away', 10);
      docker('exec', shared.node, 'mv', manifest, aside);
      await expect.poll(() => silent(() => shared.kubectl('get', 'nodes')), patience).toBe(true);
      await put(all);
      expect(await outputs(all)).toEqual(all.map(() => undefined));
      docker('exec', shared.node, 'mv', aside, manifest);
      await expect.poll(() => outputs(all), patience).toEqual(done(all));
      for (const name of all) await expect.poll(() => ended(`chained/in/${name}`), patience).toEqual(['Succeeded']);
    });

    it('when the node is killed; the next start brings all of it back', async () => {
      const [before, after] = [names('before', 2), names('after', 2)];
      await put(before);
      docker('kill', shared.node);
      await endProgram(program.status.pid);
      await start();
      await put(after);
      const all = [...before, ...after];
      await expect.poll(() => outputs(all), patience).toEqual(done(all));
    });
  });
}

function silent(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch {
    return true;
  }
}
