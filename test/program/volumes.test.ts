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

  it('what one service leaves in a volume another one finds, also after a restart of the sandbox', async () => {
    let program = await startProgram({ executor: 'docker' });
    try {
      const ask = async (path: string, method = 'GET', body?: object) => {
        const answer = await program.call(path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
        return { status: answer.status, text: (await answer.text()).trim() };
      };
      const declare = async (name: string, script: string, volume: object) => {
        const made = await ask('/system/services', 'POST', {
          name,
          image: 'busybox',
          script,
          volume: { mount_path: '/data', ...volume },
        });
        expect(made).toEqual({ status: 201, text: '' });
      };
      const run = async (name: string) => (await ask(`/run/${name}`, 'POST')).text;
      const phase = async (name: string) => JSON.parse((await ask(`/system/volumes/${name}`)).text).status.phase;
      const kept = () =>
        carrying(`oscar-sandbox.data=${dataId(program.dataDir)}`)
          .filter((line) => line.startsWith('volume'))
          .map((line) => line.split('-volume-')[1]);

      await declare('writes', 'echo line >> /data/lines', { name: 'kept', size: '1Gi', lifecycle_policy: 'retain' });
      await run('writes');
      expect((await ask('/system/services/writes', 'DELETE')).status).toBe(204);
      expect(await phase('kept')).toBe('ready');
      expect((await ask('/system/volumes', 'POST', { name: 'made', size: '1Gi' })).status).toBe(201);
      await expect.poll(() => phase('made')).toBe('ready');

      expect((await program.command(['down'])).code).toBe(0);
      program = await startProgram({ executor: 'docker', dataDir: program.dataDir });
      expect([await phase('kept'), await phase('made'), kept()]).toEqual(['ready', 'ready', ['kept', 'made']]);
      await declare('reads', 'cat /data/lines', { name: 'kept' });
      await declare('fills', 'echo more >> /data/more; wc -l < /data/more', { name: 'made' });
      expect([await run('reads'), await run('fills'), await run('fills')]).toEqual(['line', '1', '2']);

      const attached = { status: 400, text: 'managed volume is still attached to one or more services' };
      expect(await ask('/system/volumes/kept', 'DELETE')).toEqual(attached);
      for (const name of ['reads', 'fills']) await ask(`/system/services/${name}`, 'DELETE');
      expect(await ask('/system/volumes/kept', 'DELETE')).toEqual({ status: 204, text: '' });
      expect(await ask('/system/volumes/made', 'DELETE')).toEqual({ status: 204, text: '' });
      expect(kept()).toEqual([]);
    } finally {
      await program.stop();
    }
  }, 90_000);
});
