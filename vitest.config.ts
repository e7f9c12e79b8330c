// How the tests run: Node, one process a file (crash tests kill their children, and a leaked handle must not outlive its file),
// three at a time: most of them wait, for a reply or a process. Names are imported, not global. Built and synthesised copies are never picked up.

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/cdk.out/**'],
    environment: 'node',
    globals: false,
    pool: 'forks',
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 5_000,
  },
})
