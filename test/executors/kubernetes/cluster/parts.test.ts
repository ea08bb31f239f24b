import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../src/executors/kubernetes/cluster/freeport.ts';
import { readParts } from '../../../../src/executors/kubernetes/cluster/parts.ts';

describe('a folder of parts', () => {
  let folder: string;
  const put = (name: string, text = '') => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const needed = ['bin/kind', 'oscar-bin/supervisor', 'oscar-bin/fwatchdog', 'manifests/a.yaml', 'images/all.tar'];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'parts-'));
    for (const name of needed) put(name, name);
    put('node-image', 'node:1\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is read', async () => {
    put('manifests/b.yaml', 'second');
    put('manifests/notes.txt', 'no manifest');
    const parts = await readParts(folder);
    expect(parts).toMatchObject({ nodeImage: { name: 'node:1' }, path: [], manifests: ['manifests/a.yaml', 'second'] });
    expect(parts.patch).toBeUndefined();
  });

  it('may bring what a restricted machine needs', async () => {
    put('shim/docker');
    put('kind-patch.yaml', 'containerdConfigPatches: []');
    put('node-image.tar');
    expect(await readParts(folder)).toMatchObject({
      path: [join(folder, 'shim')],
      patch: 'containerdConfigPatches: []',
      nodeImage: { archive: join(folder, 'node-image.tar') },
    });
  });

  it.each([...needed, 'node-image'])('is refused without %s', async (name) => {
    rmSync(join(folder, name));
    await expect(readParts(folder)).rejects.toThrow(
      `The folder of parts ${folder} has no ${name.replace('a.yaml', '*.yaml')}.`,
    );
  });
});

describe('a port of this machine', () => {
  it('is the one wanted when it is free, else any that is', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const other = await freePort('127.0.0.1', port);
    expect(other).not.toBe(port);
    await new Promise((resolve) => server.close(resolve));
    expect(await freePort('127.0.0.1', port)).toBe(port);
  });
});
