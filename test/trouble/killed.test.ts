import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { InvocationView } from '../../src/api/protocol.ts';
import { describeWith } from '../clients/installed.ts';
import { docker } from '../docker.ts';
import { containers, nothingLeft, patience, type Scene, startScene } from './scene.ts';

const count = 20;
const numbers = Array.from({ length: count }, (_, number) => `job-${number}`);

// Every run leaves a line outside of its container, and ends when it is told to.
const script = `read -r name < "$INPUT_FILE_PATH"
echo "$name" >> /data/begun
until [ -e /data/go.$name ]; do sleep 0.1; done
echo "$name" >> /data/ended
echo "$name is done"
`;
const service = {
  name: 'patient',
  script,
  cpu: '0.05',
  memory: '16Mi',
  input: [{ storage_provider: 'minio.default', path: 'patient/in' }],
  volume: { name: 'patient-lines', size: '1Gi', mount_path: '/data' },
};
const args = ['--concurrency', String(count)];

describeWith('docker', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await startScene({ args });
    await scene.declare(service);
  });
  afterEach(async () => {
    await scene.program.stop();
    await nothingLeft(scene.label);
  });

  /** Runs a line of shell where the jobs' volume is. */
  const inVolume = (line: string): string => {
    const [volume = ''] = docker('volume', 'ls', '--quiet', '--filter', `label=${scene.label}`).split('\n');
    return docker('run', '--rm', '--network', 'none', '--volume', `${volume}:/data`, 'busybox', 'sh', '-c', line);
  };
  const allow = (names: string[]) => inVolume(`cd /data && touch ${names.map((name) => `go.${name}`).join(' ')}`);
  const lines = (file: string) => inVolume(`sort /data/${file}`).split('\n').filter(Boolean);
  const running = () => containers(scene.label, 'job', '--filter', 'status=running').length;
  const ended = (): Promise<InvocationView[]> =>
    vi.waitFor(async () => {
      const all = await scene.invocations('patient');
      const open = all.filter(({ finishedAt }) => !finishedAt).map(({ state }) => state);
      if (open.length > 0) throw new Error(`${open.length} jobs of ${all.length} have not ended: ${open}`);
      return all;
    }, patience);

  it(`${count} jobs go on while the daemon is killed, and each of them is done once`, async () => {
    await Promise.all(numbers.map((name) => scene.program.put(`patient/in/${name}`, `${name}\n`)));
    await vi.waitFor(() => expect(running()).toBe(count), patience);
    await vi.waitFor(() => expect(lines('begun')).toHaveLength(count), patience);

    process.kill(scene.program.status.pid, 'SIGKILL');
    // Half of them end while nobody looks, half when somebody does again.
    allow(numbers.slice(0, count / 2));
    await vi.waitFor(() => expect(running()).toBe(count / 2), patience);
    scene = await startScene({ args, dataDir: scene.program.dataDir });
    expect(running()).toBe(count / 2);
    allow(numbers.slice(count / 2));

    const jobs = await ended();
    expect(jobs.filter(({ state }) => state !== 'Succeeded')).toEqual([]);
    expect(jobs.map(({ object }) => object).sort()).toEqual(numbers.map((name) => `patient/in/${name}`).sort());
    expect(new Set(jobs.map(({ eventId }) => eventId)).size).toBe(count);
    expect(lines('begun')).toEqual([...numbers].sort());
    expect(lines('ended')).toEqual([...numbers].sort());
    const logs = await Promise.all(jobs.map(({ id }) => scene.log('patient', id)));
    expect(logs.map((log) => /^job-\d+ is done$/m.exec(log)?.[0]).sort()).toEqual(
      numbers.map((name) => `${name} is done`).sort(),
    );
    await vi.waitFor(() => expect(running()).toBe(0), patience);
  }, 180_000);

  it('what was killed and is not started again is removed by `clean` all the same', async () => {
    await Promise.all(numbers.slice(0, 4).map((name) => scene.program.put(`patient/in/${name}`, `${name}\n`)));
    await vi.waitFor(() => expect(running()).toBe(4), patience);
    process.kill(scene.program.status.pid, 'SIGKILL');
    await vi.waitFor(async () => {
      expect((await scene.program.command(['clean', '--yes'])).code).toBe(0);
    }, patience);
    await nothingLeft(scene.label);
  });
});
