// The README's second picture: the laptop's page while a leak ends, in light and dark. Needs what `npm run test:browser` needs.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startLaptop } from '../../lambda/local/laptop/laptop.ts'
import { startPage } from '../../lambda/local/page/page.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator } from '../../lambda/local/story/operator.ts'
import { launchChromium } from '../../test/browser/chromium.ts'

const SIZE = { width: 1280, height: 880 }
const SETTLING_MS = 4000

/** Waits for what the page shows at last. */
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await sleep(100)
}

/** Writes `page-light.png` and `page-dark.png`. */
export const drawPage = async (directory: string): Promise<void> => {
  const laptop = await startLaptop({ stytchPort: 0, awsPort: 0, onLog: () => {} })
  const page = await startPage(laptop, 0)
  const browser = await launchChromium()
  const operator = createOperator(laptop.address, guardingOf(laptop))
  try {
    for (const name of ['billing-api', 'nightly-etl', 'support-agent']) await operator.register(name, [])
    await operator.rotate('m2m/laptop/nightly-etl', 'rotate')
    const shown = await browser.newPage({ viewport: SIZE })
    await shown.goto(page.url)
    await until(async () => (await shown.locator('.client').count()) === 3)
    await sleep(SETTLING_MS)
    await shown.getByRole('button', { name: 'Report leak: billing-api', exact: true }).click()
    await until(async () => (await shown.locator('.proof:not(.is-open)').count()) === 1)
    await sleep(SETTLING_MS)
    await shown.evaluate('scrollTo(0, 0)')
    for (const colorScheme of ['light', 'dark'] as const) {
      await shown.emulateMedia({ colorScheme })
      await sleep(1000)
      await shown.screenshot({ path: join(directory, `page-${colorScheme}.png`), fullPage: false })
    }
  } finally {
    operator.secretsManager.destroy()
    await browser.close()
    await page.close()
    await laptop.close()
  }
}
