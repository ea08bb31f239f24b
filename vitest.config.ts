import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { dist, host, type Target } from './scripts/build/targets.ts';
import { engineAnswers } from './test/docker.ts';
import { hasParts } from './test/kind/parts.ts';
import { programOf, required } from './test/release.ts';

const templates = ['test/examples.test.ts', 'test/templates.test.ts'];
const whole = [...templates, 'test/clients/**/*.test.ts'];
// What needs a cluster: one file takes up all of it.
const cluster = 'test/onkind/cluster.test.ts';
const ofCluster = [cluster, 'test/executors/kubernetes/cluster/provisioner.test.ts'];
// Files that are about the one executable and its release, and have no use for the sources.
const ofRelease = ['test/{binary,install}/**/*.test.ts', 'test/scripts/build/programs.test.ts'];
const driving = [
  ...whole,
  'test/restart.test.ts',
  'test/{kill,program}/**/*.test.ts',
  // Not `engine`: it waits for a minute until engines have ended and come back, from the sources as from anywhere.
  'test/trouble/{ends,inspect,killed,neighbours,workers}.test.ts',
  // Of those in test/cli, the others look at parts of the sources; and `uninstall` would remove the executable itself.
  'test/cli/{arguments,completion,content,detached,folders,homes,json,lifecycle,moving,remote,restart}.test.ts',
  'test/cli/{diff,diffdocker,promote,promoteclusters}.test.ts',
];

/** Has the file that takes longest begin before all others. */
class ClusterFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isFirst = ({ moduleId }: TestSpecification) => moduleId.endsWith(cluster);
    const sorted = await super.sort(files);
    return [...sorted.filter(isFirst), ...sorted.filter((file) => !isFirst(file))];
  }
}

/** The tests as they are, with services in this place. */
const sources = (name: 'local' | 'docker', include: string[]) => ({
  extends: true as const,
  test: {
    name,
    include,
    exclude: [...configDefaults.exclude, ...ofRelease, ...ofCluster],
    env: { OSCAR_SANDBOX_TEST_EXECUTOR: name },
  },
});

/** The same, but what they drive is the one executable, which is made before. */
const binary = (target: Target, executor: 'local' | 'docker', include: string[]) => ({
  extends: true as const,
  test: {
    name: executor === 'local' ? 'binary' : `binary-${executor}`,
    include,
    globalSetup: 'test/built.ts',
    env: {
      OSCAR_SANDBOX_TEST_EXECUTOR: executor,
      OSCAR_SANDBOX_TEST_PROGRAM: programOf(target),
      OSCAR_SANDBOX_CACHE_DIR: join(dist, 'cache'),
    },
  },
});

/** Services in a cluster, where everything takes longer; a release is installed there, too. */
const kind = {
  extends: true as const,
  test: {
    name: 'kind',
    include: [cluster],
    globalSetup: 'test/built.ts',
    env: { OSCAR_SANDBOX_TEST_EXECUTOR: 'kind' },
    testTimeout: 180_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 120_000 } },
  },
};

// Where services run makes no difference to who calls them: what drives the whole program does so in both places.
const both = required || engineAnswers();
// It says so itself where the parts are not.
const clusters = both && host && hasParts('kind', 'kubeadm', 'kubectl', 'controller', 'kourier', 'minio');
if (!both)
  console.warn('Skipped: no container engine answers, so the examples and clients are tried without one alone.');
if (!host)
  console.warn(`Skipped: there is no program for ${process.platform}-${process.arch}, so the sources are tried alone.`);

export default defineConfig({
  test: {
    projects: [
      sources('local', ['test/**/*.test.ts']),
      ...(both ? [sources('docker', whole)] : []),
      ...(host ? [binary(host, 'local', [...driving, ...ofRelease])] : []),
      // What a client sends is served by the same code as from the sources: how the executable reaches containers is enough.
      ...(host && both ? [binary(host, 'docker', templates)] : []),
      ...(clusters ? [kind] : []),
    ],
    // One of them waits for a cluster most of the time: it begins first, and the others go on beside it.
    ...(clusters ? { maxWorkers: Math.max(2, availableParallelism() - 1), sequence: { sequencer: ClusterFirst } } : {}),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A machine that is busy is no failure: states are waited for.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default'],
  },
});
