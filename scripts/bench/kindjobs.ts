import { kubectl, withProxy } from './clusters.ts';
import { type Result, result } from './figures.ts';
import { must, pause, send } from './request.ts';
import { definition, folderOf, type Sandbox } from './sandbox.ts';
import { inTurn } from './timing.ts';

const script = 'cp "$INPUT_FILE_PATH" "$TMP_OUTPUT_DIR/"\n';
const namespace = 'oscar-svc';
const jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`;

interface Place {
  sandbox: Sandbox;
  signal: AbortSignal;
}

/** Stores an object in a folder, does what is to be done with it, and waits until the output of that name is there. */
async function arrive({ sandbox, signal }: Place, [folder, name]: [string, string], then: () => Promise<unknown>) {
  const put = await sandbox.presign(`arrive/${folder}/${name}`, 'upload');
  const get = await sandbox.presign(`arrive/out/${name}`, 'download');
  const start = performance.now();
  await must(put, { method: 'PUT', body: 'x'.repeat(1024) });
  await then();
  while ((await send(get)).status !== 200) {
    signal.throwIfAborted();
    if (performance.now() - start > 60_000) throw new Error(`No output came for ${name}.`);
    await pause(10);
  }
}

interface Job {
  metadata: Record<string, unknown>;
  spec: { template: { metadata: object; spec: object } };
}

/** The job that runs for the first object, as text: with nothing in it that the cluster, or we, know it by. */
async function firstJob(dataDir: string): Promise<string> {
  const get = ['--namespace', namespace, 'get', 'jobs', '--output', 'json'];
  for (const end = performance.now() + 30_000; performance.now() < end; ) {
    const [found] = (JSON.parse(kubectl(dataDir, ...get)) as { items: Job[] }).items;
    if (!found) continue;
    const { spec } = found.spec.template;
    const bare = { backoffLimit: 0, template: { metadata: {}, spec } };
    return JSON.stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'JOB' }, spec: bare });
  }
  throw new Error('No job was seen.');
}

/** The same job for another object, which lies where it triggers nothing. */
const jobFor = (job: string, name: string): string =>
  job
    .replaceAll('in/first', `byhand/${name}`)
    .replaceAll('in%2Ffirst', `byhand%2F${name}`)
    .replace('"name":"JOB"', `"name":"byhand-${name}"`);

/** An upload, the job that it starts and its output, beside the same job made for an object by hand. */
export async function uploadsInCluster(sandbox: Sandbox, quick: boolean, signal: AbortSignal): Promise<Result> {
  const { dataDir } = sandbox;
  const place = { sandbox, signal };
  const folders = { image: 'dev.local/user:1', input: folderOf('arrive/in'), output: folderOf('arrive/out') };
  await sandbox.call('POST', '/system/services', definition('arrive', script, folders));
  let job = '';
  await arrive(place, ['in', 'first'], async () => {
    job = await firstJob(dataDir);
  });
  let count = 0;
  const [ours = [], samples = []] = await withProxy(dataDir, (address) => {
    const post = (body: string) =>
      must(`${address}${jobs}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const upload = () => arrive(place, ['in', `ours-${count++}`], async () => undefined);
    const byHand = () => {
      const name = `theirs-${count++}`;
      return arrive(place, ['byhand', name], () => post(jobFor(job, name)));
    };
    return inTurn([upload, byHand], quick ? 5 : 15, 1);
  });
  const seconds = (all: number[]): number[] => all.map((ms) => ms / 1000);
  return result({
    name: 'upload → output in its bucket, in the cluster',
    unit: 's',
    ours: seconds(ours),
    peer: { name: 'the same file stored, and the same job made by hand', samples: seconds(samples) },
    notes: ['OSCAR itself is no part of this run: whether this is ≤ 0.6 × its time is not told here'],
  });
}
