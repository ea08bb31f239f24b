import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { describeWith } from '../clients/installed.ts';
import { docker } from '../docker.ts';
import { containers, nothingLeft, patience, type Scene, startScene } from './scene.ts';

const secret = 'sesame-5d41402abc4b';

interface Inspected {
  HostConfig: {
    Privileged: boolean;
    SecurityOpt: string[];
    CapAdd: string[] | null;
    CapDrop: string[];
    PidsLimit: number;
    PidMode: string;
    IpcMode: string;
  };
  Mounts: { Source?: string; Destination: string }[];
}

/** Files with this text that somebody else on the machine can read. */
function readable(folder: string, text: string): string[] {
  if ((statSync(folder).mode & 0o001) === 0) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return readable(path, text);
    if (!entry.isFile() || (statSync(path).mode & 0o004) === 0) return [];
    return readFileSync(path).includes(text) ? [path] : [];
  });
}

const wait = 'if [ "$(cat "$INPUT_FILE_PATH")" = wait. ]; then sleep 600; fi\n';
const look = `${wait}echo "$PASSWORD"
grep NoNewPrivs /proc/self/status | tr -d '\\t'
if [ -e /var/run/docker.sock ] || [ -e /run/docker.sock ]; then echo 'an engine'; else echo 'no engine'; fi
mknod /tmp/device c 1 3 2> /dev/null && echo 'makes devices' || echo 'makes no devices'
`;

describeWith('docker', () => {
  let scene: Scene;
  let all: string[];
  beforeAll(async () => {
    scene = await startScene();
    await scene.declare({ name: 'keeper', script: look, environment: { secrets: { PASSWORD: secret } } });
    await scene.declare({ name: 'other', script: look });
    await scene.run('keeper');
    await scene.run('other');
    await scene.job('keeper', 'wait.');
    all = await vi.waitFor(() => {
      expect(containers(scene.label, 'job')).not.toEqual([]);
      return docker('ps', '--all', '--quiet', '--filter', `label=${scene.label}`).split('\n');
    }, patience);
  });
  afterAll(async () => {
    await scene.program.stop();
    await nothingLeft(scene.label);
  });

  it('shows a service its secret, and nobody who inspects a container or reads a file', async () => {
    expect((await scene.run('keeper')).text).toContain(secret);
    expect((await scene.run('other')).text).not.toContain(secret);
    expect(all.length).toBeGreaterThan(2);
    expect(docker('inspect', ...all)).not.toContain(secret);
    expect(readable(scene.program.dataDir, secret)).toEqual([]);
  });

  it('takes from every container what a script has no need of', () => {
    const inspected = JSON.parse(docker('inspect', ...all)) as Inspected[];
    for (const { HostConfig: host, Mounts } of inspected) {
      expect(host).toMatchObject({ Privileged: false, PidMode: '' });
      expect(host.SecurityOpt).toContain('no-new-privileges');
      expect(host.CapAdd ?? []).toEqual([]);
      expect(host.CapDrop.map((name) => name.replace(/^CAP_/, ''))).toEqual(
        expect.arrayContaining(['MKNOD', 'NET_RAW', 'SETFCAP']),
      );
      expect(host.PidsLimit).toBeGreaterThan(0);
      expect(host.PidsLimit).toBeLessThanOrEqual(4096);
      expect(JSON.stringify(Mounts)).not.toContain('docker.sock');
    }
  });

  it('holds in the container too', async () => {
    const { text } = await scene.run('other');
    expect(text).toBe('\nNoNewPrivs:1\nno engine\nmakes no devices');
  });
});
