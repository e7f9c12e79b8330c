// The tests that mutation testing runs: pure ones and those on fakes.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // The rooms that hold the rotation's rules: its own, and those that read what it signs and answers.
    include: [
      'test/core/{rotation,secret,drive,incident,sweep}/**/*.test.ts',
      'test/core/rotation/unreadable-current.long.test.ts',
    ],
    exclude: [
      'test/core/{secret,drive,incident,sweep}/**/*.long.test.ts',
      'test/core/rotation/stale-reads-everywhere.long.test.ts',
      'test/core/rotation/random-walks.test.ts',
      '**/node_modules/**',
    ],
    environment: 'node',
    globals: false,
    pool: 'threads',
    testTimeout: 20_000,
  },
})
