import { endProgram, inNewFolder, parts, plainCluster, type Up, up } from './clusters.ts';
import { type Result, result } from './figures.ts';
import { callsInCluster } from './kindcalls.ts';
import { uploadsInCluster } from './kindjobs.ts';
import { command, startSandbox } from './sandbox.ts';

/** A cluster from nothing beside a plain one; calls and uploads in it. Whatever is made is removed, also after Ctrl-C. */
export async function cluster(quick: boolean): Promise<Result[]> {
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error('The bench was interrupted.'));
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await measured(quick, stop.signal);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

async function measured(quick: boolean, signal: AbortSignal): Promise<Result[]> {
  const [plain, ups]: [number[], Up[]] = [[], []];
  for (let round = quick ? 1 : 3; round > 1; round--) {
    plain.push(await plainCluster(signal));
    ups.push(await inNewFolder((dataDir) => up(dataDir, signal)));
  }
  plain.push(await plainCluster(signal));
  return inNewFolder(async (dataDir) => {
    ups.push(await up(dataDir, signal));
    const starts = [ready(ups, plain), ...(await laterStarts(dataDir, quick, signal))];
    const sandbox = await startSandbox({ dataDir, executor: 'kind', args: ['--parts', parts] });
    const calls = await callsInCluster(sandbox, quick, signal);
    return [...starts, ...calls, await uploadsInCluster(sandbox, quick, signal)];
  });
}

const ready = (ups: Up[], plain: number[]): Result =>
  result({
    name: '`up` until the whole cluster answers, images present',
    unit: 's',
    ours: ups.map(({ seconds }) => seconds),
    peer: { name: 'plain `kind create cluster` of the same node', samples: plain },
    target: { text: '≤ the plain cluster + 15 s', met: (own, peer) => !!peer && own.p50 <= peer.p50 + 15 },
    notes: told(ups),
  });

/** The steps of the last time; some go on beside others. */
const told = (ups: Up[]): string[] => ups.at(-1)?.steps ?? [];

/** Starts over a cluster that is there, and over one that was stopped. */
async function laterStarts(dataDir: string, quick: boolean, signal: AbortSignal): Promise<Result[]> {
  const [again, anew]: [Up[], Up[]] = [[], []];
  for (let i = 0; i < (quick ? 3 : 10); i++) {
    await endProgram(dataDir);
    again.push(await up(dataDir, signal));
  }
  for (let i = 0; i < (quick ? 1 : 3); i++) {
    await command(['down', '--data-dir', dataDir]);
    anew.push(await up(dataDir, signal));
  }
  const row = (name: string, ups: Up[]) => ({ name, unit: 's', ours: ups.map(({ seconds }) => seconds) });
  return [
    result({
      ...row('second `up`, the cluster being there', again),
      target: { text: '≤ 10 s p50', met: ({ p50 }) => p50 <= 10 },
    }),
    result({ ...row('`up` after `down`', anew), notes: told(anew) }),
  ];
}
