import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, it } from 'vitest';
import { tracesIn } from '../../src/cli/traces.ts';
import { places } from '../../src/daemon/files.ts';

it('everything that a sandbox keeps in its data folder is found when it is to go, and nothing else', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'traces-'));
  try {
    const names = Object.values(places(dataDir)).map((path) => basename(path));
    for (const name of [...names, 'mine.txt']) writeFileSync(join(dataDir, name), '');
    writeFileSync(join(dataDir, 'id'), '0123456789ab\n');
    expect((await tracesIn(dataDir)).sort()).toEqual([...new Set(names)].sort());
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
});
