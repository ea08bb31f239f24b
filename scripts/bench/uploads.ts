import { type Result, result } from './figures.ts';
import { must, pause, send, wallClock } from './request.ts';
import { definition, folderOf, type Sandbox, withSandbox } from './sandbox.ts';

// The time comes first, so that nothing of the script itself is counted.
const script = `now=$(date +%s%N)
echo "$now" > "$TMP_OUTPUT_DIR/\${INPUT_FILE_PATH##*/}"
`;

interface Sample {
  /** Milliseconds from the start of the PUT to the first line of the script. */
  running: number;
  /** … and to the output, as a client reads it. */
  output: number;
}

async function upload(sandbox: Sandbox, name: string): Promise<Sample> {
  const put = await sandbox.presign(`arrive/in/${name}`, 'upload');
  const get = await sandbox.presign(`arrive/out/${name}`, 'download');
  const start = wallClock();
  const began = performance.now();
  await must(put, { method: 'PUT', body: 'x'.repeat(1024) });
  let reply = await send(get);
  while (reply.status !== 200) {
    if (performance.now() - began > 20_000)
      throw new Error(`No output came for ${name}: ${reply.status} ${reply.body}`);
    await pause(1);
    reply = await send(get);
  }
  return { running: Number(reply.body) / 1e6 - start, output: performance.now() - began };
}

async function measure(sandbox: Sandbox, count: number): Promise<Sample[]> {
  const folders = { input: folderOf('arrive/in'), output: folderOf('arrive/out') };
  await sandbox.call('POST', '/system/services', definition('arrive', script, folders));
  const samples: Sample[] = [];
  for (let i = 0; i < 5; i++) await upload(sandbox, `warm-up-${i}`);
  for (let i = 0; i < count; i++) samples.push(await upload(sandbox, `object-${i}`));
  return samples;
}

/** An upload starts its script, and the output comes back into a bucket: how soon. */
export async function uploads(quick: boolean): Promise<Result[]> {
  const samples = await withSandbox({}, (sandbox) => measure(sandbox, quick ? 50 : 300));
  const running = result({
    name: 'S3 PUT → script running, event durable',
    unit: 'ms',
    ours: samples.map((one) => one.running),
    target: { text: '≤ 10 ms p50', met: ({ p50 }) => p50 <= 10 },
    notes: ['holds the start of `date`, with which the script tells its time'],
  });
  const output = result({
    name: 'upload → output in its bucket',
    unit: 'ms',
    ours: samples.map((one) => one.output),
    target: { text: '≤ 25 ms p50', met: ({ p50 }) => p50 <= 25 },
  });
  // Only GNU and busybox `date` tell nanoseconds.
  return samples.every((one) => Number.isFinite(one.running)) ? [running, output] : [output];
}
