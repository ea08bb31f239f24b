import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { docker } from '../docker.ts';
import { endProgram, runCommand } from '../program.ts';
import { engineUnder } from './engine.ts';
import { contractOn } from './executor.ts';
import { canFence } from './fence.ts';
import { foreignOf } from './foreign.ts';
import { refusalsOf } from './refused.ts';
import { sentencesOf } from './sentences.ts';
import { bringUp, kernel, networks, shareCluster, statusOf } from './shared.ts';
import { troubleOf } from './trouble.ts';

/** What is so in every place where services run. */
const everywhere = {
  'the examples': () => import('../examples.test.ts'),
  'the templates': () => import('../templates.test.ts'),
  'oscar-python': () => import('../clients/oscar-python.test.ts'),
  boto3: () => import('../clients/boto3.test.ts'),
  mc: () => import('../clients/mc.test.ts'),
  curl: () => import('../clients/curl.test.ts'),
  s3cmd: () => import('../clients/s3cmd.test.ts'),
  rclone: () => import('../clients/rclone.test.ts'),
  Go: () => import('../clients/go.test.ts'),
  'Node.js': () => import('../clients/node.test.ts'),
};

// A cluster takes two gigabytes and most of a minute: so all that needs one is in this file, one after the other, while
// everything else is tried beside it.
describe('the provisioner', async () => void (await import('../executors/kubernetes/cluster/provisioner.test.ts')));

describe('a cluster that the program has made', () => {
  const shared = shareCluster();

  it('is told of while it comes, and at its end', () => {
    expect(shared.up.stderr).toMatch(/^node of the cluster: done \(\d+\.\d s\)$/m);
    expect(shared.up.stderr).toMatch(/^The cluster is ready after \d+\.\d s\.$/m);
    expect(shared.status).toMatchObject({ executor: 'kind', objects: 'minio', kubeconfig: shared.kubeconfig });
  });

  it('goes on when the program ends, and is the one of the next start', async () => {
    const id = () => docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', shared.node);
    const before = id();
    const { code, stderr } = await bringUp(shared.dataDir);
    expect([code, stderr]).toEqual([0, expect.stringContaining('The cluster is ready after ')]);
    await endProgram((await statusOf(shared.dataDir)).pid);
    expect(id()).toBe(before);
  });

  describe('any services', () => contractOn(shared));
  describe('services', () => sentencesOf(shared));
  describe('another sandbox', () => foreignOf(shared));
  for (const [title, load] of Object.entries(everywhere)) describe(title, async () => void (await load()));

  it.skipIf(!canFence)('has sent no packet off this machine', () => {
    expect(shared.fence?.packets()).toBe(0);
    // One that is sent on purpose is counted.
    expect(() => docker('exec', shared.node, 'curl', '--max-time', '5', 'http://198.51.100.1/')).toThrow();
    expect(shared.fence?.packets()).toBeGreaterThan(0);
  });

  // The node is another one afterwards.
  describe('in trouble', () => troubleOf(shared));

  it('leaves nothing when it is removed', { timeout: 120_000 }, async () => {
    const { dataDir, node, volumes, before } = shared;
    expect(volumes).not.toEqual([]);
    shared.fence?.remove();
    expect(await runCommand(['clean', '--yes', '--data-dir', dataDir])).toMatchObject({ code: 0, stderr: '' });
    expect(docker('ps', '--all', '--quiet', '--filter', `name=${node}`)).toBe('');
    expect(docker('volume', 'ls', '--format', '{{.Name}}').split('\n')).not.toEqual(expect.arrayContaining(volumes));
    expect(networks().includes('kind')).toBe(before.networks.includes('kind'));
    expect(kernel()).toEqual(before.kernel);
    expect(existsSync(dataDir)).toBe(false);
  });
});

describe('what the user says', () => refusalsOf());

describe('an engine', () => engineUnder());

describe('the release', async () => void (await import('./release.ts')));
