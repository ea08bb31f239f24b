import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { InvocationView } from '../src/api/protocol.ts';
import { type Program, patience, startProgram } from './program.ts';
import { type Case, cases } from './templates/cases.ts';

const templates = join(import.meta.dirname, '../templates');
// What a cluster is made of is no template of services.
const names = readdirSync(templates).filter((name) => name !== 'cluster');
const files = names.flatMap((name) => readdirSync(join(templates, name)).map((file) => `${name}/${file}`));
const read = (file: string): string => readFileSync(join(templates, file), 'utf8');

let folder: string;
let program: Program;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-templates-'));
  for (const name of names) cpSync(join(templates, name), folder, { recursive: true });
  const slow = join(folder, 'long-job.yaml');
  writeFileSync(slow, readFileSync(slow, 'utf8').replace(/SECONDS_PER_STEP: .*/, "SECONDS_PER_STEP: '0'"));
  program = await startProgram({ folder });
});

afterAll(async () => {
  await program?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function send(one: Case): Promise<string> {
  const body = readFileSync(join(templates, one.template, one.send));
  if ('folder' in one.to) {
    await program.put(`${one.to.folder}/${one.send}`, body);
    return '';
  }
  const path = 'run' in one.to ? `/run/${one.to.run}` : `/job/${one.to.job}`;
  const answer = await program.call(path, { method: 'POST', body });
  expect(answer.ok, `${path} answers ${answer.status}`).toBe(true);
  return answer.text();
}

async function finished(service: string): Promise<InvocationView> {
  const answer = await program.call(`/sandbox/invocations?service=${service}`);
  const found = ((await answer.json()) as InvocationView[]).find((one) => one.finishedAt !== undefined);
  if (!found) throw new Error(`No invocation of ${service} has finished yet.`);
  return found;
}

describe('every template', () => {
  it('has a case here', () => expect([...new Set(cases.map((one) => one.template))].sort()).toEqual([...names].sort()));

  it.each(names)('%s has an FDL file that names its schema, and a README of at most 25 lines', (name) => {
    expect(read(`${name}/${name}.yaml`)).toMatch(/^# yaml-language-server: \$schema=fdl\.schema\.json\n/);
    expect(read(`${name}/README.md`).trimEnd().split('\n').length).toBeLessThanOrEqual(25);
  });

  it.each(files.filter((file) => file.endsWith('.sh')))('%s is sh that a POSIX shell can read', (file) => {
    expect(read(file)).toMatch(/^#!\/bin\/sh\n[\s\S]*^set -eu$/m);
    execFileSync('/bin/sh', ['-n', join(templates, file)]);
  });

  it.each(cases)('$template $title', async (one) => {
    const answer = await send(one);
    const { expect: wanted } = one;
    if ('answer' in wanted) expect(`${answer.trimEnd()}\n`).toBe(wanted.answer);
    else if ('objects' in wanted) {
      for (const [path, content] of Object.entries(wanted.objects)) {
        const text = await vi.waitFor(() => program.get(path), patience);
        if (typeof content === 'string') expect(text).toBe(content);
        else expect(text).toMatch(content);
      }
    } else {
      const job = await vi.waitFor(() => finished(wanted.service), patience);
      expect(job.state).toBe(wanted.state);
      expect(await (await program.call(`/system/logs/${wanted.service}/${job.id}`)).text()).toContain(wanted.log);
    }
  });
});
