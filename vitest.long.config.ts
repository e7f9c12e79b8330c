// The second run of tests (`npm run test:long`; CI makes it after `npm cit`): files named `*.long.test.ts`, which take minutes each.
import { defineConfig } from 'vitest/config'
import { alone, LongestFirst } from './vitest.config.ts'

export default defineConfig({
  test: { ...alone, include: ['test/**/*.long.test.ts'], maxWorkers: 3, sequence: { sequencer: LongestFirst } },
})
