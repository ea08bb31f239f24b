import { readdirSync, readFileSync } from 'node:fs';
import type { InvocationView, Status } from '../../src/api/protocol.ts';
import { runCommand } from '../program.ts';

/** Starts the program in the background on a data folder that outlives it. */
export async function startOn(dataDir: string, folder: string): Promise<Status> {
  const place = ['--data-dir', dataDir, '--port', '0', '--s3-port', '0', '--exposed-port', '0', '--executor', 'local'];
  // Many jobs at once, so that many are cut off.
  const many = ['--concurrency', '16'];
  const { code, stdout, stderr } = await runCommand(['up', folder, ...place, ...many, '--detach', '--wait', '--json']);
  if (code !== 0) throw new Error(`up ended with ${code}: ${stderr}${stdout}`);
  return JSON.parse(stdout) as Status;
}

/** Asks the program to end, as a user would. */
export async function stopOn(dataDir: string): Promise<void> {
  const { code, stderr } = await runCommand(['down', '--data-dir', dataDir]);
  if (code !== 0) throw new Error(`down ended with ${code}: ${stderr}`);
}

async function ask<T>({ api, user, password }: Status, path: string): Promise<T> {
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const answer = await fetch(`${api}${path}`, { headers: { authorization } });
  if (!answer.ok) throw new Error(`${path} is answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** The jobs of a service, once there are so many at least and none waits or runs; until then it throws. */
export async function quietJobs(status: Status, service: string, least: number): Promise<InvocationView[]> {
  const { jobs } = await ask<Status>(status, '/sandbox/status');
  if (jobs.Pending + jobs.Running > 0) throw new Error(`${jobs.Pending} jobs wait and ${jobs.Running} run.`);
  const ended = await ask<InvocationView[]>(status, `/sandbox/invocations?service=${service}&limit=1000`);
  if (ended.length < least) throw new Error(`${ended.length} jobs of ${least} are there.`);
  return ended;
}

interface Process {
  pid: number;
  parent: number;
  command: string;
}

function processes(): Process[] {
  const numbers = process.platform === 'linux' ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return numbers.flatMap((number) => {
    try {
      const command = readFileSync(`/proc/${number}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${number}/stat`, 'utf8'))?.[1]);
      return [{ pid: Number(number), parent, command }];
    } catch {
      // It has ended since it was listed.
      return [];
    }
  });
}

/** Processes that work for a data folder and descend from no program that runs (on Linux; elsewhere none is found). */
export function orphans({ dataDir, pid }: Status): string[] {
  const ours = processes().filter(({ command }) => command.includes(dataDir));
  const known = new Set(ours.map((one) => one.pid));
  return ours.filter((one) => one.pid !== pid && !known.has(one.parent)).map((one) => `${one.pid} ${one.command}`);
}
