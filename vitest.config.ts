import { defineConfig } from 'vitest/config';
import { engineAnswers } from './test/docker.ts';

const required = process.env.OSCAR_SANDBOX_REQUIRE === 'all';
const whole = ['test/examples.test.ts', 'test/templates.test.ts', 'test/clients/**/*.test.ts'];
const named = (name: 'local' | 'docker', include: string[]) => ({
  extends: true as const,
  test: { name, include, env: { OSCAR_SANDBOX_TEST_EXECUTOR: name } },
});

// Where services run makes no difference to who calls them: what drives the whole program does so in both places.
const both = required || engineAnswers();
if (!both)
  console.warn('Skipped: no container engine answers, so the examples and clients are tried without one alone.');

export default defineConfig({
  test: {
    projects: [named('local', ['test/**/*.test.ts']), ...(both ? [named('docker', whole)] : [])],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A machine that is busy is no failure: states are waited for.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default'],
  },
});
