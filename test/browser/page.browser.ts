// The status page in a real browser: every button is pressed, and what it does is seen on the page, at the stand-ins and in the timeline. No
// secret ever stands in it.
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Laptop, startLaptop } from '../../lambda/local/laptop/laptop.ts'
import { type Page, startPage } from '../../lambda/local/page/page.ts'
import { findLeaks, type KnownSecret } from '../e2e/leaks.ts'
import { type Browser, type BrowserPage, launchChromium } from './chromium.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

let laptop: Laptop
let page: Page
let browser: Browser
let shown: BrowserPage
const complaints: string[] = []
const seen: string[] = []
const values: KnownSecret[] = []

beforeAll(async () => {
  laptop = await startLaptop({ stytchPort: 0, awsPort: 0, onLog: () => {} })
  page = await startPage(laptop, 0)
  browser = await launchChromium()
  shown = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
  shown.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  shown.on('pageerror', (error) => complaints.push(error.message))
  await shown.goto(page.url)
})
afterAll(async () => {
  await browser?.close()
  await page?.close()
  await laptop?.close()
})

const row = (name: string) => shown.locator(`#clients tr[data-secret="m2m/laptop/${name}"]`)
const press = (name: string, button: string) => row(name).getByRole('button', { name: button, exact: true }).click()
const stateOf = async (name: string): Promise<string> => row(name).locator('.badge').textContent()
const timeline = (): Promise<string> => shown.locator('#timeline').textContent()
const said = (): Promise<string> => shown.locator('#said').textContent()

/** Notes every value that exists, and everything that the page shows, for the last test. */
const note = async (): Promise<void> => {
  seen.push(await shown.content())
  for (const { name, versions } of laptop.aws.peekAll()) {
    for (const { value = '' } of versions) {
      const found = /"client_secret":"([^"]+)"/.exec(value)?.[1]
      if (found !== undefined) values.push({ name, value: found })
    }
  }
}
const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  await expect.poll(holds, { timeout: 20_000, interval: 100 }).toBe(true)
  await note()
}
const untilState = (name: string, state: string): Promise<void> => until(async () => (await stateOf(name)) === state)
const slotsOf = (name: string) => {
  const { tags } = laptop.aws.peek(`m2m/laptop/${name}`) ?? { tags: {} as Record<string, string> }
  return laptop.stytch.slots(tags['m2m:client-id'] ?? '')
}

test('a client is registered by the form', async () => {
  await shown.locator('#register input[name=name]').fill('billing')
  await shown.locator('#register input[name=scopes]').fill('read:invoices write:invoices')
  await shown.getByRole('button', { name: 'Register' }).click()

  await untilState('billing', 'settled')
  expect(await shown.locator('#tally').textContent()).toBe('1')
  expect(laptop.aws.peek('m2m/laptop/billing')?.tags['m2m:scopes']).toBe('read:invoices write:invoices')
})

test('Rotate opens an overlap: two slots, two versions, and each call and label in the timeline', async () => {
  await press('billing', 'Rotate')
  await untilState('billing', 'overlap')

  const { lastFour, nextLastFour } = slotsOf('billing') ?? {}
  const slots = await row('billing').locator('.slots').textContent()
  expect(slots).toContain(`current …${lastFour}`)
  expect(slots).toContain(`next …${nextLastFour}`)
  expect(await row('billing').locator('.versions').textContent()).toMatch(
    /register AWSPREVIOUS[\s\S]*rotate AWSCURRENT/,
  )
  await until(async () => (await timeline()).includes('Rotation Completed: rotate'))
  const lines = await timeline()
  for (const line of ['RotateStart 200', 'AWSPENDING → rotate-', 'PutSecretValue 200', 'AWSCURRENT → rotate-']) {
    expect(lines).toContain(line)
  }
})

test('Settle ends it', async () => {
  const old = slotsOf('billing')?.lastFour

  await press('billing', 'Settle')
  await untilState('billing', 'settled')

  expect(slotsOf('billing')).toMatchObject({ nextLastFour: null })
  expect(slotsOf('billing')?.lastFour).not.toBe(old)
  expect(await row('billing').locator('.state').textContent()).toContain('position: settled')
})

test('Roll back brings the old value back, and is refused where there is none', async () => {
  await press('billing', 'Rotate')
  await untilState('billing', 'overlap')
  await press('billing', 'Roll back')
  await until(async () => (await row('billing').locator('.versions').textContent()).includes('rollback AWSCURRENT'))

  expect(await row('billing').locator('.state').textContent()).toContain('position: rolledBack')
  await press('billing', 'Settle')
  await untilState('billing', 'settled')
  await press('billing', 'Roll back')
  await until(async () => (await timeline()).includes('Rotation Refused: rollback'))
})

test('Leak revokes, and the proof is in the timeline', async () => {
  await until(async () => (await stateOf('billing')) === 'settled')
  const leaked = slotsOf('billing')?.lastFour

  await press('billing', 'Leak')
  await until(async () => (await timeline()).includes('Secret Revoked'))
  await untilState('billing', 'settled')

  expect(await said()).toMatch(/^Incident page-[0-9a-f]{8}: the leak of m2m\/laptop\/billing is reported\.$/)
  expect(slotsOf('billing')?.lastFour).not.toBe(leaked)
  expect(slotsOf('billing')?.nextLastFour).toBeNull()
})

test('a fault is armed, played and told, and the rotation gets over it', async () => {
  await shown.locator('#fault select[name=at]').selectOption('Stytch')
  await shown.locator('#fault input[name=op]').fill('RotateStart')
  await shown.locator('#fault select[name=kind]').selectOption('drop_reply')
  await shown.getByRole('button', { name: 'Play' }).click()
  await until(async () =>
    (await shown.locator('#faults').textContent()).includes('Stytch RotateStart: drop_reply, 1 ×'),
  )

  await press('billing', 'Rotate')
  await untilState('billing', 'overlap')

  expect(await timeline()).toContain('RotateStart – no reply')
  expect(await timeline()).toContain('RotateCancel 200')
  await until(async () => (await shown.locator('#faults li').count()) === 0)
})

test('None takes back what is still to be played', async () => {
  await shown.locator('#fault select[name=at]').selectOption('AWS')
  await shown.locator('#fault input[name=op]').fill('PutSecretValue')
  await shown.getByRole('button', { name: 'Play' }).click()
  await until(async () => (await shown.locator('#faults li').count()) === 1)

  await shown.getByRole('button', { name: 'None', exact: true }).click()

  await until(async () => (await shown.locator('#faults li').count()) === 0)
  expect(await said()).toBe('No fault is left to play.')
})

test('a day later the sweep has ended the overlap by itself', async () => {
  expect(await stateOf('billing')).toBe('overlap')
  const before = Date.parse((await shown.locator('#clock').textContent()).replace(' ', 'T'))

  await shown.getByRole('button', { name: '+ 1 day' }).click()
  await until(async () => Date.parse((await shown.locator('#clock').textContent()).replace(' ', 'T')) > before)
  await shown.getByRole('button', { name: '+ 1 h' }).click()

  await untilState('billing', 'settled')
  expect(await said()).toMatch(/^It is 20\d\d-/)
})

test('the filters hide what is not asked for', async () => {
  const calls = shown.locator('#timeline li[data-where=AWS]').first()
  expect(await calls.isVisible()).toBe(true)

  await shown.locator('.filters input[value=AWS]').uncheck()
  expect(await calls.isVisible()).toBe(false)

  await shown.locator('.filters input[value=AWS]').check()
  expect(await calls.isVisible()).toBe(true)
})

test('a wrong name is refused in words, and nothing is made', async () => {
  await shown.locator('#register input[name=name]').fill('two words')
  await shown.locator('#register input[name=scopes]').fill('')
  await shown.getByRole('button', { name: 'Register' }).click()

  await until(async () => (await said()).startsWith('name: expected'))
  expect(laptop.aws.peekAll()).toHaveLength(1)
})

test('a page of another site presses nothing', async () => {
  const elsewhere = await browser.newPage()
  await elsewhere.goto(`${laptop.address.stytch}/`)
  const before = laptop.aws.calls().length

  const outcome = await elsewhere.evaluate(async (url) => {
    const body = JSON.stringify({ act: 'rotate', secret: 'm2m/laptop/billing' })
    const plain = { method: 'POST', mode: 'no-cors' as const, body }
    await fetch(`${url}/acts`, plain).catch(() => undefined)
    const json = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
    return fetch(`${url}/acts`, json).then(
      () => 'answered',
      () => 'refused by the browser',
    )
  }, page.url)

  expect(outcome).toBe('refused by the browser')
  expect(laptop.aws.calls().slice(before)).toEqual([])
  expect(await stateOf('billing')).toBe('settled')
})

test('the browser complained of nothing but the refusals, and no secret was ever shown', async () => {
  await note()

  expect(complaints.filter((text) => !text.includes('409'))).toEqual([])
  expect(values.length).toBeGreaterThan(5)
  expect(
    findLeaks(
      seen.map((text, index) => ({ from: `sight ${index}`, text })),
      [...values, { name: 'project secret', value: laptop.address.project_secret }],
    ),
  ).toEqual([])
})
