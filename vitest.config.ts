import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A machine that is busy is no failure: states are waited for.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default'],
  },
});
