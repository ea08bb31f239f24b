import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvocationView } from '../../src/api/protocol.ts';
import { docker } from '../docker.ts';
import { type Program, patience, startProgram } from '../program.ts';
import type { Shared } from './shared.ts';

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const aside = '/root/kube-apiserver.yaml';
const long = { timeout: 300_000 };
const noGateway =
  /^error: The gateway of the cluster does not answer at 127\.0\.0\.1:\d+\.\nhint: .*`oscar-sandbox restart`/;
const names = (what: string, count: number) => Array.from({ length: count }, (_, at) => `${what}-${at}.txt`);

/** What goes wrong with a cluster, and loses nothing. */
export function troubleOf(shared: Shared): void {
  describe('no upload is lost', () => {
    let program: Program;
    let folder: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'trouble-'));
      cpSync(join(import.meta.dirname, '../fixtures/cluster'), folder, { recursive: true });
      program = await startProgram({ folder, args: ['--concurrency', '10'] });
      // What its uploads lead to further on would take as long again.
      await program.command(['delete', 'twice']);
    });
    afterAll(async () => {
      await program?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const call = () => program.command(['run', 'cold', '--input', 'good morning']);
    const put = (all: string[]) => Promise.all(all.map((name) => program.put(`chained/in/${name}`, `${name}\n`)));
    const outputs = (all: string[]) => Promise.all(all.map((name) => program.get(`chained/loud/${name}`)));
    const done = (all: string[]) => all.map((name) => `${name.toUpperCase()}\n`);
    const jobs = async (all: string[]) => {
      const answer = await program.call('/sandbox/invocations?service=louder&limit=1000');
      const found = ((await answer.json()) as InvocationView[]).map(({ object, state }) => [object, state]);
      return found.filter(([object]) => all.some((name) => object === `chained/in/${name}`)).sort();
    };
    const succeeded = (all: string[]) => all.map((name) => [`chained/in/${name}`, 'Succeeded']).sort();
    const comeOut = async (all: string[]) => {
      await expect.poll(() => jobs(all), { timeout: 240_000, interval: 500 }).toEqual(succeeded(all));
      expect(await outputs(all)).toEqual(done(all));
    };

    it('while the API server is away', long, async () => {
      const all = names('away', 50);
      docker('exec', shared.node, 'mv', manifest, aside);
      await expect.poll(() => silent(() => shared.kubectl('get', 'nodes')), patience).toBe(true);
      await put(all);
      expect(await program.command(['ls', 'chained/loud/away'])).toMatchObject({ code: 0, stdout: '' });
      docker('exec', shared.node, 'mv', aside, manifest);
      await comeOut(all);
    });

    it('when somebody removes the node; a restart brings all of it back', long, async () => {
      const [before, after] = [names('before', 3), names('after', 2)];
      await put(before);
      docker('rm', '--force', '--volumes', shared.node);
      expect(await call()).toMatchObject({ code: 7, stderr: expect.stringMatching(noGateway) });
      expect(await program.command(['restart'])).toMatchObject({ code: 0 });
      await put(after);
      await comeOut([...before, ...after]);
      expect(await program.get('chained/in/away-0.txt')).toBe('away-0.txt\n');
      expect(await call()).toMatchObject({ code: 0, stdout: 'you said: good morning\n' });
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
