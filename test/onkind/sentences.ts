import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endProgram, type Program, patience, startProgram } from '../program.ts';
import type { Shared } from './shared.ts';

const namespace = ['--namespace', 'oscar-svc'];

/** What is so in a cluster alone, or is looked at in it. */
export function sentencesOf(shared: Shared): void {
  describe('a service in the cluster', () => {
    let program: Program;
    let folder: string;
    const start = async () => {
      program = await startProgram({ folder });
    };
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'onkind-'));
      cpSync(join(import.meta.dirname, '../fixtures/cluster'), folder, { recursive: true });
      await start();
    });
    afterAll(async () => {
      await program?.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    const call = async (service: string, body: string) =>
      (await program.call(`/run/${service}`, { method: 'POST', body })).text();
    const arrives = (path: string) => expect.poll(() => program.get(path).catch(() => undefined), patience);
    const seen = (what: string, of: string, path: string) =>
      shared.kubectl('get', what, ...namespace, '--selector', of, '--output', `jsonpath=${path}`);

    it('is started from nothing by a call, and goes again', async () => {
      const replicas = () => seen('deployments', 'serving.knative.dev/service=cold', '{.items[*].spec.replicas}');
      scaleWithin(shared, '6s');
      await expect.poll(replicas, patience).toBe('0');
      expect(await call('cold', 'good morning')).toBe('you said: good morning\n');
      expect(replicas()).not.toBe('0');
      await expect.poll(replicas, patience).toBe('0');
      scaleWithin(shared, null);
    });

    it('runs as a Job for a file that is uploaded, and hands its output to the next', async () => {
      await program.put('chained/in/word.txt', 'word\n');
      await arrives('chained/twice/word.txt').toBe('WORD\nWORD\n');
      expect(await program.get('chained/loud/word.txt')).toBe('WORD\n');
      // A Job goes when it has ended, but not what was told of it.
      const begun = ['--field-selector', 'involvedObject.kind=Job,reason=SuccessfulCreate'];
      const names = ['--output', 'jsonpath={.items[*].involvedObject.name}'];
      expect(shared.kubectl('get', 'events', ...namespace, ...begun, ...names)).toMatch(/louder.*twice/);
    });

    it('that is exposed answers through the API of the sandbox', async () => {
      const page = async () => (await program.call('/system/services/web/exposed/page.txt')).text();
      await expect.poll(page, patience).toBe('a page of a pod\n');
    });

    it('misses no file that was uploaded while the program was away', async () => {
      const { status } = program;
      const url = await presigned(program, 'chained', 'in/later.txt');
      await endProgram(status.pid);
      expect((await fetch(url, { method: 'PUT', body: 'later\n' })).status).toBe(200);
      await start();
      await arrives('chained/twice/later.txt').toBe('LATER\nLATER\n');
    });
  });
}

async function presigned({ call }: Program, bucket: string, key: string): Promise<string> {
  const body = JSON.stringify({ object_key: key, operation: 'upload' });
  const answer = await call(`/system/buckets/${bucket}/presign`, { method: 'POST', body });
  return ((await answer.json()) as { url: string }).url;
}

/** How soon a service goes that nobody calls; Knative's own measure is a minute. */
function scaleWithin({ kubectl }: Shared, time: string | null): void {
  const data = { 'stable-window': time, 'scale-to-zero-grace-period': time };
  const settings = ['configmap', 'config-autoscaler', '--namespace', 'knative-serving', '--type', 'merge'];
  kubectl('patch', ...settings, '--patch', JSON.stringify({ data }));
}
