import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Result, result } from './figures.ts';
import { pause } from './request.ts';
import { type Sandbox, withSandbox } from './sandbox.ts';
import { startWrangler, type Wrangler } from './wrangler.ts';

const fdl = `functions:
  oscar:
    - local:
        name: reload
        image: alpine
        cpu: '1'
        log_level: CRITICAL
        script: reload.sh
`;

/** Something whose answer is edited. */
interface Edited {
  save(text: string): void;
  ask(): Promise<string>;
}

/** Milliseconds from the save to the first answer of the new version. */
async function edit({ save, ask }: Edited, text: string): Promise<number> {
  const start = performance.now();
  save(text);
  while ((await ask()) !== text) {
    if (performance.now() - start > 20_000) throw new Error(`The save of ${text} is not served.`);
  }
  return performance.now() - start;
}

const peer = (notes: string[]): Promise<Wrangler | undefined> =>
  startWrangler().catch((error: unknown) => {
    notes.push(`wrangler dev is missing beside it: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  });

/** The two in turn, so that both see the same machine. */
async function inTurn(ours: Edited, theirs: Edited | undefined, count: number) {
  const samples: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  for (let i = 0; i < count; i++) {
    samples.ours.push(await edit(ours, `v${i}`));
    if (theirs) samples.theirs.push(await edit(theirs, `v${i}`));
    await pause(50);
  }
  return samples;
}

/** A saved script is served by the next call: how soon, beside `wrangler dev`. */
export async function reload(quick: boolean): Promise<Result[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-bench-folder-'));
  const save = (text: string): void => writeFileSync(join(folder, 'reload.sh'), `echo ${text}\n`);
  save('start');
  writeFileSync(join(folder, 'reload.yaml'), fdl);
  const notes: string[] = [];
  const wrangler = await peer(notes);
  const measure = (sandbox: Sandbox) => {
    const ask = async (): Promise<string> => (await sandbox.call('POST', '/run/reload')).body.trim();
    return inTurn({ save, ask }, wrangler, quick ? 20 : 100);
  };
  try {
    const { ours, theirs } = await withSandbox({ folder }, measure);
    const target = { text: '≤ 25 ms p50', met: ({ p50 }: { p50: number }) => p50 <= 25 };
    const beside = { name: wrangler?.name ?? 'wrangler dev', samples: theirs };
    return [result({ name: 'save → new version served', unit: 'ms', ours, peer: beside, target, notes })];
  } finally {
    await wrangler?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
