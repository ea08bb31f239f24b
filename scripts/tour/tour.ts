import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Client, createClient, textOf } from '../../src/api/client.ts';
import { schemaFile } from '../../src/cli/templates.ts';
import { download, upload } from '../../src/cli/transfer.ts';
import type { Daemon } from '../../src/daemon/daemon.ts';
import { SandboxError } from '../../src/model/errors.ts';
import type { Story } from './story.ts';

export interface TourParts {
  daemon: Daemon;
  story: Story;
  /** The served folder. */
  folder: string;
  signal: AbortSignal;
}

/** Shows the sandbox at work: a file that starts a job, and a call. Throws at the first step that fails. */
export async function tour({ daemon, story, folder, signal }: TourParts): Promise<void> {
  const { api, s3, executorDetail } = daemon.status();
  story.step(`Started: the API at ${api}, the S3 store at ${s3}`);
  story.show(executorDetail);
  await until(daemon.served, signal);
  const client = createClient(daemon.status());
  const services = (await client.services()).map(({ name }) => name);
  story.step(`The folder is served; its ${services.length} services: ${services.join(', ')}`);
  for (const name of ['word-count', 'json-stats']) {
    if (!services.includes(name))
      throw new SandboxError('failed', `${name} is not served.`, { hint: `Look into ${folder}.` });
  }
  await job(client, story, signal);
  await call(client, story, folder);
}

async function job(client: Client, story: Story, signal: AbortSignal): Promise<void> {
  // Whichever comes first, the stream or the upload: what was missed is told again.
  const told = client.happenings({ recent: true, signal });
  const started = jobOf('word-count', told);
  // Should the upload fail, that is the error to tell, and nobody waits for this one.
  started.catch(() => undefined);
  const source = { bucket: 'word-count', key: 'in/README.md' };
  const size = await upload(client, join(import.meta.dirname, '../../README.md'), source);
  story.step(`Put README.md (${size} bytes) into the bucket folder word-count/in`);
  const id = await until(started, signal);
  const log = await client.log('word-count', id, { follow: true, timestamps: false });
  const text = await textOf(log);
  const { state, reason } = await client.invocation(id);
  story.step(`That started the job ${id}, which has ${state === 'Succeeded' ? 'succeeded' : 'failed'}; its log:`);
  story.show(text);
  if (state !== 'Succeeded')
    throw new SandboxError('failed', `The job ${id} is ${state}: ${reason ?? 'no reason given'}`);
  const output = { bucket: 'word-count', key: 'out/README.counts.txt' };
  const counts = await textOf(await download(client, output));
  story.step(`Its output is the object ${output.bucket}/${output.key}:`);
  story.show(counts);
}

async function jobOf(service: string, told: ReturnType<Client['happenings']>): Promise<string> {
  for await (const { kind, service: of, invocation } of told) {
    if (kind === 'invocation-started' && of === service && invocation) return invocation;
  }
  throw new SandboxError('failed', `No job of ${service} started.`);
}

async function call(client: Client, story: Story, folder: string): Promise<void> {
  const files = await readdir(join(folder, 'json-stats'));
  const file = files.find((name) => name.endsWith('.json') && name !== schemaFile) ?? '';
  const body = await readFile(join(folder, 'json-stats', file), 'utf8');
  const began = performance.now();
  const answer = await textOf((await client.run('json-stats', Readable.from([body]))).body);
  const took = (performance.now() - began).toFixed(0);
  story.step(`Called json-stats with ${body.trim()}; it answered in ${took} ms:`);
  story.show(answer);
}

const patience = 60_000;

/** The same promise, unless it takes too long or the user stops us. */
async function until<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(patience)]);
  const ended = new Promise<never>((_, reject) => {
    end.addEventListener('abort', () =>
      reject(
        new SandboxError('timeout', signal.aborted ? 'Interrupted.' : `Nothing happened for ${patience / 1000} s.`),
      ),
    );
  });
  return Promise.race([promise, ended]);
}
