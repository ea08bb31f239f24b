/** Milliseconds that a piece of work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** What was measured of each rival, in the order they were given. */
export async function inTurn(rivals: (() => Promise<unknown>)[], count: number, warmUps: number): Promise<number[][]> {
  for (let i = 0; i < warmUps; i++) for (const rival of rivals) await rival();
  const samples: number[][] = rivals.map(() => []);
  // One after the other, so that all see the same machine.
  for (let i = 0; i < count; i++) {
    for (const [index, rival] of rivals.entries()) samples[index]?.push(await timed(rival));
  }
  return samples;
}
