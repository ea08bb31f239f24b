import { type Result, result } from './figures.ts';
import { definition, type Sandbox, withSandbox } from './sandbox.ts';
import { bareScript } from './script.ts';
import { inTurn, timed } from './timing.ts';

const script = 'echo ok\n';

/** A warm synchronous call beside the same script started from Node. */
export async function warmCall(quick: boolean): Promise<Result[]> {
  const bare = bareScript(script);
  const [ours = [], theirs = []] = await withSandbox({}, async (sandbox) => {
    await sandbox.call('POST', '/system/services', definition('warm', script));
    return inTurn([() => sandbox.call('POST', '/run/warm'), bare.run], quick ? 200 : 1000, 20);
  });
  bare.remove();
  return [
    result({
      name: 'warm synchronous call, a script per call',
      unit: 'ms',
      ours,
      peer: { name: '/bin/sh script, started from Node', samples: theirs },
      target: { text: '≤ 1.5 ms over the bare script, p50', met: (own, peer) => !!peer && own.p50 - peer.p50 <= 1.5 },
    }),
  ];
}

/** Declaring a service over REST. */
export async function declare(quick: boolean): Promise<Result[]> {
  const measure = async (sandbox: Sandbox): Promise<number[]> => {
    const samples: number[] = [];
    for (let i = 0; i < (quick ? 30 : 200); i++) {
      samples.push(await timed(() => sandbox.call('POST', '/system/services', definition(`declared-${i}`, script))));
    }
    return samples;
  };
  const ours = await withSandbox({}, measure);
  const target = { text: '≤ 20 ms p50', met: ({ p50 }: { p50: number }) => p50 <= 20 };
  return [result({ name: 'declare a service over REST', unit: 'ms', ours, target })];
}
