// The test of the laptop's page in a browser (`npm run test:browser`): apart from the rest, since it needs Chromium. One file after another:
// each has a browser and a laptop of its own.
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { include: ['test/browser/*.browser.ts'], environment: 'node', globals: false, fileParallelism: false },
})
