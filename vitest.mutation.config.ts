// The tests that mutation testing runs: pure ones and those on fakes.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // A rule is held by the tests of its own room; those of others would only take longer.
    include: ['test/core/{rotation,secret,drive}/**/*.test.ts'],
    exclude: ['**/*.long.test.ts', 'test/core/rotation/random-walks.test.ts', '**/node_modules/**'],
    environment: 'node',
    globals: false,
    pool: 'threads',
    // Loading the modules anew for each file takes longer than its tests do.
    isolate: false,
    testTimeout: 20_000,
  },
})
