import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { InvocationView, Status } from '../../src/api/protocol.ts';
import { connectTo, createRandom, createUploads, inLanes, sendAll, stored, type Upload } from './burst.ts';
import { orphans, quietJobs, startOn, stopOn } from './daemon.ts';

const { env } = process;
const rounds = Number(env.OSCAR_SANDBOX_KILL_ROUNDS ?? (env.CI ? 10 : 2));
const seed = Number(env.OSCAR_SANDBOX_KILL_SEED ?? Date.now() % 1_000_000);
const random = createRandom(seed);
const size = 500;
const patience = { timeout: 120_000, interval: 100 };

let folder: string;
let dataDir: string;

/** Uploads until the daemon is killed in the midst of it; answers what it had acknowledged. */
async function interrupted(uploads: Upload[], killAfter: number): Promise<Upload[]> {
  const status = await startOn(dataDir, folder);
  const client = connectTo(status);
  const acknowledged = await sendAll(client, uploads, (count) => {
    if (count === killAfter) process.kill(status.pid, 'SIGKILL');
  });
  client.destroy();
  return acknowledged;
}

/** What is stored and is not as it should be. */
async function wrongObjects(status: Status, uploads: Upload[]): Promise<string[]> {
  const client = connectTo(status);
  const wrong: string[] = [];
  await inLanes(8, uploads, async ({ name, text, counts }) => {
    const input = await stored(client, `in/${name}.txt`);
    if (input !== text) wrong.push(`in/${name}.txt holds ${JSON.stringify(input)}`);
    const output = await stored(client, `out/${name}.counts.txt`);
    if (output !== counts) wrong.push(`out/${name}.counts.txt holds ${JSON.stringify(output)}`);
  });
  client.destroy();
  return wrong;
}

/** The jobs of each upload, by its name. */
const jobsOf = (jobs: InvocationView[]): Map<string, InvocationView[]> =>
  Map.groupBy(jobs, ({ object }) => (object ?? '').slice('word-count/in/'.length, -'.txt'.length));

const leftovers = (): string[] => [
  ...['work/kept', 'spool', 'objects/temporary'].flatMap((place) => readdirSync(join(dataDir, place))),
  // The folders of a task wait for the next one of its service: empty, with its script and no variables.
  ...readdirSync(join(dataDir, 'work/tasks'), { recursive: true })
    .map(String)
    .filter((path) => !/^word-count\.\d+(\/(in|out|work|env|script\.sh))?$/.test(path)),
];

describe(`a daemon that is killed in a burst of ${size} uploads (seed ${seed})`, () => {
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sandbox-burst-'));
    cpSync(join(import.meta.dirname, '../../templates/word-count'), folder, { recursive: true });
    // As fast as the machine is: the limits of the service are not what is tested here.
    const file = join(folder, 'word-count.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace("cpu: '0.2'", "cpu: '2'"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(Array.from({ length: rounds }, (_, index) => index + 1))(
    'loses no event and does none twice, round %i',
    async (round) => {
      dataDir = mkdtempSync(join(tmpdir(), 'sandbox-killed-'));
      const uploads = createUploads(size);
      const killAfter = 1 + Math.floor(random() * (size - 32));
      const acknowledged = await interrupted(uploads, killAfter);
      const status = await startOn(dataDir, folder);
      try {
        const again = uploads.filter((upload) => !acknowledged.includes(upload));
        const client = connectTo(status);
        expect((await sendAll(client, again, () => undefined)).length).toBe(again.length);
        client.destroy();
        const jobs = await vi.waitFor(() => quietJobs(status, 'word-count', size), patience);

        const twice = jobs.length - size;
        const resumed = jobs.filter(({ attempt }) => attempt > 1).length;
        console.log(
          `round ${round}: killed after ${killAfter} answers; ${acknowledged.length} acknowledged, ${again.length} sent ` +
            `again, ${twice} of them stored before; ${jobs.length} jobs, ${resumed} in a second attempt`,
        );
        expect(again.length).toBeGreaterThan(0);
        expect(jobs.filter(({ state }) => state !== 'Succeeded')).toEqual([]);
        expect(new Set(jobs.map(({ eventId }) => eventId)).size).toBe(jobs.length);
        const byUpload = jobsOf(jobs);
        expect(acknowledged.filter(({ name }) => byUpload.get(name)?.length !== 1)).toEqual([]);
        expect(again.filter(({ name }) => ![1, 2].includes(byUpload.get(name)?.length ?? 0))).toEqual([]);
        expect(await wrongObjects(status, uploads)).toEqual([]);
        expect(leftovers()).toEqual([]);
        await vi.waitFor(() => expect(orphans(status)).toEqual([]), patience);
      } finally {
        await stopOn(dataDir);
        rmSync(dataDir, { recursive: true, force: true });
      }
    },
    180_000,
  );
});
