// What the tests of the page share: a laptop, its page in Chromium, and what is looked at in every state of it, at every width and in both
// colour schemes. Screenshots are for people, in reports/page, which git ignores.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { type Page, startPage } from '../../lambda/local/page/page.ts'
import { findLeaks, type KnownSecret } from '../e2e/leaks.ts'
import { startTestLaptop } from '../fakes/laptop.ts'
import { type Browser, type BrowserPage, launchChromium, type Scheme } from './chromium.ts'

export const widths = [390, 768, 1280, 1680] as const
const schemes: readonly Scheme[] = ['light', 'dark']
const shots = fileURLToPath(new URL('../../reports/page', import.meta.url))
const axe = fileURLToPath(new URL('node_modules/axe-core/axe.min.js', import.meta.url))

export interface Seat {
  readonly laptop: Laptop
  readonly page: Page
  readonly browser: Browser
  readonly shown: BrowserPage
  /** What the browser complained of. */
  readonly complaints: readonly string[]
  until(holds: () => boolean | Promise<boolean>): Promise<void>
  text(selector: string): Promise<string>
  /** At every width in both schemes: nothing wider than the screen, no button that cuts its words, nothing that axe finds serious. */
  lookAtAll(state: string): Promise<void>
  /** The same, each width once and each scheme twice. */
  lookAt(state: string): Promise<void>
  /** @returns where a value that exists was ever shown; empty: nowhere. */
  leaks(): Promise<readonly unknown[]>
  close(): Promise<void>
}

interface Finding {
  readonly id: string
  readonly impact: string | null
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[]
}

const HEIGHT = 900

/** For one thing to come about, on a machine that does other work. */
export const PATIENCE_MS = 240_000

/** Serious and critical ones, one line each. */
const axeFindings = async (shown: BrowserPage): Promise<readonly string[]> => {
  await shown.evaluate(`window.axe ?? (() => { ${readFileSync(axe, 'utf8')} })()`)
  const found = (await shown.evaluate(
    `window.axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  )) as readonly Finding[]
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
    )
}

/** What does not fit, as an expression for the browser. */
const overflowing = `(() => {
  const found = []
  const { scrollWidth } = document.documentElement
  if (scrollWidth > window.innerWidth) found.push('the page is ' + scrollWidth + ' wide')
  for (const node of document.querySelectorAll('button, .state, .slot, .tile, .sentence, h1, h2, h3')) {
    if (node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0) {
      found.push(node.tagName + ' "' + node.textContent.trim().slice(0, 40) + '" is cut')
    }
  }
  return found
})()`

interface SeatInput {
  readonly prepare?: (laptop: Laptop) => void | Promise<void>
}

export const openSeat = async ({ prepare = () => {} }: SeatInput = {}): Promise<Seat> => {
  mkdirSync(shots, { recursive: true })
  const laptop = await startTestLaptop()
  await prepare(laptop)
  const page = await startPage(laptop, 0)
  const browser = await launchChromium()
  const shown = await browser.newPage({ viewport: { width: 1280, height: HEIGHT } })
  shown.setDefaultTimeout(PATIENCE_MS)
  const complaints: string[] = []
  const seen: string[] = []
  const values: KnownSecret[] = []
  shown.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  shown.on('pageerror', (error) => complaints.push(error.message))
  await shown.goto(page.url)

  /** Every value that exists, and everything that the page shows. */
  const note = async (): Promise<void> => {
    seen.push(await shown.content())
    for (const { name, versions } of laptop.aws.peekAll().slice(0, 50)) {
      for (const { value = '' } of versions) {
        const found = /"client_secret":"([^"]+)"/.exec(value)?.[1]
        if (found !== undefined) values.push({ name, value: found })
      }
    }
  }
  const look = async (state: string, width: number, scheme: Scheme): Promise<void> => {
    await shown.emulateMedia({ colorScheme: scheme })
    await shown.setViewportSize({ width, height: HEIGHT })
    // What moves comes to rest first: axe measures colours.
    await shown.evaluate(
      'Promise.all(document.getAnimations().filter((one) => one.effect.getComputedTiming().iterations === 1).map((one) => one.finished.catch(() => undefined))).then(() => undefined)',
    )
    const name = `${state}-${width}-${scheme}`
    await shown.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
    expect({ name, cut: await shown.evaluate(overflowing) }).toEqual({ name, cut: [] })
    expect({ name, serious: await axeFindings(shown) }).toEqual({ name, serious: [] })
  }
  const lookIn = async (state: string, combinations: readonly (readonly [number, Scheme])[]): Promise<void> => {
    for (const [width, scheme] of combinations) await look(state, width, scheme)
    await shown.setViewportSize({ width: 1280, height: HEIGHT })
    await note()
  }

  return {
    laptop,
    page,
    browser,
    shown,
    complaints,
    until: async (holds) => {
      await expect.poll(holds, { timeout: PATIENCE_MS, interval: 100 }).toBe(true)
      await note()
    },
    text: async (selector) => (await shown.locator(selector).first().textContent()) ?? '',
    lookAtAll: (state) =>
      lookIn(
        state,
        widths.flatMap((width) => schemes.map((scheme) => [width, scheme] as const)),
      ),
    lookAt: (state) =>
      lookIn(state, [
        [390, 'dark'],
        [768, 'light'],
        [1280, 'dark'],
        [1680, 'light'],
      ]),
    leaks: async () => {
      await note()
      expect(values.length).toBeGreaterThan(1)
      return findLeaks(
        seen.map((text, index) => ({ from: `sight ${index}`, text })),
        [...values, { name: 'project secret', value: laptop.address.project_secret }],
      )
    },
    close: async () => {
      await browser.close()
      await page.close()
      await laptop.close()
    },
  }
}

/** Of one client's card. */
export const cardOf = (shown: BrowserPage, name: string) => shown.locator(`.client[data-secret="m2m/laptop/${name}"]`)
