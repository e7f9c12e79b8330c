// The test of the status page in a browser (`npm run test:browser`): apart from the rest, since it needs Chromium.
import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { include: ['test/browser/*.browser.ts'], environment: 'node', globals: false } })
