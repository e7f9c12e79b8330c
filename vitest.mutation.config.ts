// The tests that mutation testing runs: pure ones and those on fakes.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/domain/**/*.test.ts', 'test/usecases/**/*.test.ts'],
    exclude: [
      'test/usecases/client-resource*.test.ts',
      'test/usecases/rotation/random-walks.test.ts',
      '**/node_modules/**',
    ],
    environment: 'node',
    globals: false,
    pool: 'threads',
    testTimeout: 20_000,
  },
})
