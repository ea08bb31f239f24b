import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dataId } from '../../src/daemon/files.ts';
import { describeWith } from '../clients/installed.ts';
import { carrying } from '../docker.ts';
import { startProgram } from '../program.ts';

const definition = (name: string, policy: string) => `functions:
  oscar:
    - sandbox:
        name: ${name}
        image: busybox
        script: keep.sh
        volume: { size: 1Gi, mount_path: /data, lifecycle_policy: ${policy} }
`;

describeWith('docker', () => {
  it('a volume outlives the file of its service, and goes with the service only when that is deleted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandbox-volumes-'));
    const write = (name: string, policy = 'delete') =>
      writeFileSync(join(folder, `${name}.yaml`), definition(name, policy));
    writeFileSync(join(folder, 'keep.sh'), 'echo line >> /data/lines; wc -l < /data/lines');
    for (const [name, policy] of Object.entries({ goes: 'delete', stays: 'retain' })) write(name, policy);
    const program = await startProgram({ folder, executor: 'docker' });
    try {
      const run = async (name: string) =>
        (await (await program.call(`/run/${name}`, { method: 'POST', body: '-' })).text()).trim();
      const declared = async () =>
        ((await (await program.call('/system/services')).json()) as { name: string }[]).map(({ name }) => name);
      const volumes = async () => {
        const { dataDir } = program.status;
        return carrying(`oscar-sandbox.data=${dataId(dataDir)}`).filter((line) => line.startsWith('volume')).length;
      };

      expect([await run('goes'), await run('stays')]).toEqual(['1', '1']);
      rmSync(join(folder, 'goes.yaml'));
      await expect.poll(declared).toEqual(['stays']);
      write('goes');
      await expect.poll(declared).toEqual(['goes', 'stays']);
      expect(await run('goes')).toBe('2');
      expect(await volumes()).toBe(2);

      for (const name of ['goes', 'stays']) {
        expect((await program.call(`/system/services/${name}`, { method: 'DELETE' })).status).toBe(204);
      }
      expect(await volumes()).toBe(1);
    } finally {
      await program.stop();
      rmSync(folder, { recursive: true });
    }
  });
});
