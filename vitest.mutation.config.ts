// The tests that mutation testing runs: pure ones and those on fakes.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts'],
    exclude: [
      'test/core/clients/client-resource*.test.ts',
      '**/*.long.test.ts',
      'test/core/rotation/random-walks.test.ts',
      '**/node_modules/**',
    ],
    environment: 'node',
    globals: false,
    pool: 'threads',
    testTimeout: 20_000,
  },
})
