import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { dist, host, type Target } from './scripts/build/targets.ts';
import { engineAnswers } from './test/docker.ts';
import { programOf, required } from './test/release.ts';

const templates = ['test/examples.test.ts', 'test/templates.test.ts'];
const whole = [...templates, 'test/clients/**/*.test.ts'];
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

/** The tests as they are, with services in this place. */
const sources = (name: 'local' | 'docker', include: string[]) => ({
  extends: true as const,
  test: {
    name,
    include,
    exclude: [...configDefaults.exclude, ...ofRelease],
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

// Where services run makes no difference to who calls them: what drives the whole program does so in both places.
const both = required || engineAnswers();
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
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A machine that is busy is no failure: states are waited for.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default'],
  },
});
