// `npm run test:browser`: the status page in headless Chromium. Installs what drives it beside its tests, when that is missing; Chromium itself
// is the system's (Debian: `apt-get install chromium`). The last line is the tally, `N passed, N failed`.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { check } from './check.ts'

const repository = fileURLToPath(new URL('..', import.meta.url))
const here = join(repository, 'test/browser')

const install = (): boolean =>
  (existsSync(join(here, 'node_modules/playwright-core')) && existsSync(join(here, 'node_modules/axe-core'))) ||
  spawnSync('npm', ['ci', '--prefix', here], { stdio: ['ignore', 'inherit', 'inherit'] }).status === 0

if (install())
  process.exitCode = await check(repository, [], ['--config', 'vitest.browser.config.ts', ...process.argv.slice(2)])
else {
  console.log('playwright-core and axe-core could not be installed\n0 passed, 1 failed')
  process.exitCode = 1
}
