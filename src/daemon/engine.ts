import { statfs } from 'node:fs/promises';
import type { EngineInfo } from '../engine/engine.ts';
import type { Tried } from '../engine/find.ts';

/** What is found out about the container engine of this user. */
export interface EngineReport {
  /** All places that were asked. */
  tried: Tried[];
  engine: (EngineInfo & { free?: number }) | { why: string; hint: string };
}

/** Looks for container engines everywhere, and tells about the one that would be used. */
export async function reportEngine(environment: Record<string, string>, home: string): Promise<EngineReport> {
  const { findEngine } = await import('../engine/find.ts');
  const { tried } = await findEngine({ environment, home }, { all: true });
  const { connect } = await import('../engine/connect.ts');
  const found = await connect({ environment, home });
  if (!('engine' in found)) return { tried, engine: found };
  const { info } = found.engine;
  const free = info.place === 'here' && info.root ? await roomIn(info.root) : undefined;
  return { tried, engine: { ...info, ...(free === undefined ? {} : { free }) } };
}

/** Bytes; undefined for a folder that this user may not see. */
const roomIn = (folder: string): Promise<number | undefined> =>
  statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => undefined,
  );
