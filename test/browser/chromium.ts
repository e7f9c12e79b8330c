// Debian's Chromium, driven by playwright-core, which is installed beside this file and nowhere else: these are the parts of its API that the
// tests use. Nothing is fetched: the browser is the one on this machine.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Locator {
  click(): Promise<void>
  focus(): Promise<void>
  press(key: string): Promise<void>
  getAttribute(name: string): Promise<string | null>
  fill(value: string): Promise<void>
  selectOption(value: string): Promise<unknown>
  uncheck(): Promise<void>
  check(): Promise<void>
  count(): Promise<number>
  textContent(): Promise<string>
  isVisible(): Promise<boolean>
  first(): Locator
  locator(selector: string): Locator
  getByRole(role: string, options: { readonly name: string; readonly exact?: boolean }): Locator
}

export type Scheme = 'light' | 'dark'

export interface BrowserPage extends Pick<Locator, 'locator' | 'getByRole'> {
  goto(url: string): Promise<unknown>
  content(): Promise<string>
  setViewportSize(size: { readonly width: number; readonly height: number }): Promise<void>
  emulateMedia(media: {
    readonly colorScheme?: Scheme
    readonly reducedMotion?: 'reduce' | 'no-preference'
  }): Promise<void>
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> }
  close(): Promise<void>
  setDefaultTimeout(ms: number): void
  /** An expression, evaluated past the page's content security policy. */
  evaluate(expression: string): Promise<unknown>
  evaluate<Input, Output>(work: (input: Input) => Output | Promise<Output>, input: Input): Promise<Output>
  on(event: 'console', listener: (message: { type(): string; text(): string }) => void): unknown
  on(event: 'pageerror', listener: (error: Error) => void): unknown
  screenshot(options: { readonly path: string; readonly fullPage: boolean }): Promise<unknown>
}

export interface Browser {
  newPage(options?: { readonly viewport: { readonly width: number; readonly height: number } }): Promise<BrowserPage>
  close(): Promise<void>
}

interface Playwright {
  readonly chromium: {
    launch(options: { readonly executablePath: string; readonly args: readonly string[] }): Promise<Browser>
  }
}

const playwright = fileURLToPath(new URL('node_modules/playwright-core/index.mjs', import.meta.url))
const chromiumPath = '/usr/bin/chromium'

/** Chromium calls home at every start, unless it is told not to. */
const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** @throws Error that says what to install. */
export const launchChromium = async (): Promise<Browser> => {
  if (!existsSync(playwright)) throw new Error('playwright-core is missing: npm ci --prefix test/browser')
  if (!existsSync(chromiumPath)) throw new Error(`${chromiumPath} is missing: apt-get install chromium`)
  const { chromium } = (await import(playwright)) as Playwright
  return chromium.launch({ executablePath: chromiumPath, args: quiet })
}
