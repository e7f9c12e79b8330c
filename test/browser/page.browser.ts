// The laptop's page in a real browser: every button is pressed, by pointer or by keyboard, and what it does is seen on the page and at the
// stand-ins. Each state that it leads to is looked at by axe and at several widths. No secret ever stands in it.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { cardOf, openSeat, PATIENCE_MS, type Seat } from './seat.ts'

vi.setConfig({ testTimeout: PATIENCE_MS * 4, hookTimeout: PATIENCE_MS })

let seat: Seat
beforeAll(async () => {
  seat = await openSeat()
})
afterAll(() => seat?.close())

const card = (name: string) => cardOf(seat.shown, name)
const press = (button: string) => seat.shown.getByRole('button', { name: button, exact: true }).click()
const untilState = (name: string, state: string): Promise<void> =>
  seat.until(async () => (await card(name).count()) > 0 && (await card(name).getAttribute('data-state')) === state)
const untilSaid = (words: RegExp): Promise<void> => seat.until(async () => words.test(await seat.text('#said')))
const untilStory = (words: string): Promise<void> =>
  seat.until(async () => (await seat.text('#stories')).includes(words))
const focused = async (): Promise<string> =>
  String(
    await seat.shown.evaluate(
      `(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.id) || document.activeElement?.tagName`,
    ),
  )
/** The page draws in the browser's next frame, and moves the focus then. */
const untilFocused = (what: string): Promise<void> => seat.until(async () => (await focused()) === what)
const slotsOf = (name: string) => {
  const { tags } = seat.laptop.aws.peek(`m2m/laptop/${name}`) ?? { tags: {} as Record<string, string> }
  return seat.laptop.stytch.slots(tags['m2m:client-id'] ?? '')
}
const register = async (name: string, scopes = ''): Promise<void> => {
  await press('Register a client')
  await seat.shown.locator('dialog input[name=name]').fill(name)
  await seat.shown.locator('dialog input[name=scopes]').fill(scopes)
  await seat.shown.locator('dialog button.primary').click()
}

test('without a client the page says what to do', async () => {
  await seat.until(async () => (await seat.text('h1')) === 'No clients yet')
  await seat.lookAt('empty')
})

describe('registering', () => {
  test('a wrong name is refused in words, in the dialog, and nothing is made', async () => {
    await register('two words')

    await seat.until(async () => (await seat.text('dialog .fault')).startsWith('name: expected'))
    // Beside what a person stores by hand before a stage is deployed.
    expect(seat.laptop.aws.peekAll().filter(({ name }) => name.startsWith('m2m/laptop/'))).toEqual([])
    await seat.lookAt('register')
    await seat.shown.keyboard.press('Escape')
    await seat.until(async () => (await seat.shown.locator('dialog[open]').count()) === 0)
    await untilFocused('register')
  })

  test('a client that is registered has a card with its two slots, and a consumer at work', async () => {
    await register('billing', 'read:invoices write:invoices')
    await untilState('billing', 'settled')
    await register('nightly-etl-with-a-name-that-is-quite-long')
    await untilState('nightly-etl-with-a-name-that-is-quite-long', 'settled')

    expect(await seat.text('#tally')).toBe('2')
    expect(seat.laptop.aws.peek('m2m/laptop/billing')?.tags['m2m:scopes']).toBe('read:invoices write:invoices')
    expect(await card('billing').locator('.slot').first().textContent()).toContain(`…${slotsOf('billing')?.lastFour}`)
    await seat.until(async () => (await card('billing').locator('.consumer').count()) === 1)
    await untilStory('billing was registered with')
    await seat.lookAtAll('settled')
  })
})

describe('rotating', () => {
  test('opens an overlap by keyboard alone: the label moves, the focus stays', async () => {
    const button = card('billing').getByRole('button', { name: 'Rotate: billing', exact: true })
    await button.focus()
    await button.press('Enter')
    await untilState('billing', 'overlap')

    const { lastFour, nextLastFour } = slotsOf('billing') ?? {}
    const slots = (await card('billing').locator('.slots').textContent()).replaceAll(/\s+/g, ' ')
    expect(slots).toContain(`…${lastFour} still accepted`)
    expect(slots).toContain(`…${nextLastFour} consumers read this`)
    expect(await card('billing').locator('.pointer').getAttribute('class')).toContain('at-next')
    await untilFocused('Rotate: billing')
    await untilStory(`billing switched to …\u2060${nextLastFour}`)
  })

  test('its story unfolds to the calls', async () => {
    await seat.shown.locator('.story[data-kind=rotation] summary').first().click()
    await seat.until(async () => {
      const lines = await seat.text('.lines')
      return ['RotateStart 200', 'AWSPENDING → rotate-', 'PutSecretValue 200', 'AWSCURRENT → rotate-'].every((line) =>
        lines.includes(line),
      )
    })
    await seat.lookAtAll('overlap')
  })

  test('during an overlap it asks first, and can be cancelled', async () => {
    const before = slotsOf('billing')
    await press('Rotate: billing')
    await seat.until(async () => (await seat.text('#dialog-title')).includes('during its overlap'))
    await seat.lookAt('confirm')
    await seat.shown.getByRole('button', { name: 'Cancel' }).click()

    await untilFocused('Rotate: billing')
    expect(slotsOf('billing')).toEqual(before)
  })

  test('after a yes the old value ends at once', async () => {
    const second = slotsOf('billing')?.nextLastFour
    await press('Rotate: billing')
    await press('End the overlap and rotate')
    await seat.until(() => slotsOf('billing')?.lastFour === second && slotsOf('billing')?.nextLastFour !== null)
    await untilState('billing', 'overlap')
  })
})

test('Roll back brings the old value back; where there is none the button says why', async () => {
  const old = slotsOf('billing')?.lastFour
  await press('Roll back: billing')
  await untilStory(`billing rolled back to …\u2060${old}`)

  await press('Settle: billing')
  await untilState('billing', 'settled')
  const calls = seat.laptop.aws.calls().length
  const button = card('billing').getByRole('button', { name: 'Roll back: billing', exact: true })
  expect(await button.getAttribute('aria-disabled')).toBe('true')
  await button.focus()
  await button.press('Enter')

  await untilSaid(/No overlap is open, so there is nothing to go back to\./)
  await untilFocused('Roll back: billing')
  expect(
    seat.laptop.aws
      .calls()
      .slice(calls)
      .filter(({ op }) => op === 'RotateSecret'),
  ).toEqual([])
})

describe('acting as somebody', () => {
  const actAs = (key: string) => seat.shown.locator('#act-as').selectOption(key)
  const denied = () => card('billing').locator('.denied')

  test('is chosen by keyboard, with what one may then, and the focus stays', async () => {
    expect(await seat.text('#act-as-may')).toContain('Reads no value.')
    await seat.shown.locator('#act-as').focus()
    await seat.shown.keyboard.type('power')
    await seat.until(async () => (await seat.text('#act-as-may')).includes('PowerUserAccess'))
    await untilFocused('act-as')
  })

  test('a denial says what AWS says, and which statement of which policy it is', async () => {
    const button = card('billing').getByRole('button', { name: 'Read value: billing', exact: true })
    await button.focus()
    await button.press('Enter')
    await seat.until(async () => (await denied().count()) === 1)

    const words = await denied().textContent()
    expect(words).toContain('Denied: a power user may not read the value of billing.')
    expect(words).toMatch(/Statement OnlyNamedRolesRead\s+names\s+break-glass/)
    expect(words).toMatch(
      /AWS says: User: arn:aws:sts::\d{12}:assumed-role\/power-user\/power-user is not authorized to perform: secretsmanager:GetSecretValue/,
    )
    await untilFocused('Read value: billing')
    await untilStory('Denied: a power user may not read the value of billing')
    await seat.lookAtAll('denied')
  })

  test('dismissing it leaves the focus on the card', async () => {
    await denied().getByRole('button', { name: 'Dismiss' }).focus()
    await seat.shown.keyboard.press('Enter')
    await seat.until(async () => (await denied().count()) === 0)
    await untilFocused('Rotate: billing')
  })

  test('a stranger is denied everything, registering included', async () => {
    await actAs('stranger')
    for (const name of ['Rotate', 'Report leak']) {
      await press(`${name}: billing`)
      await seat.until(
        async () =>
          (await denied().count()) === 1 &&
          (await denied().textContent()).includes(name === 'Rotate' ? 'may not rotate' : 'may not report a leak'),
      )
    }
    expect(await seat.shown.locator('#incident').isVisible()).toBe(false)
    await register('mine')
    await seat.until(async () => (await seat.shown.locator('dialog .denied').count()) === 1)
    await seat.lookAt('denied-dialog')
    await seat.shown.keyboard.press('Escape')
    await seat.until(async () => (await seat.shown.locator('dialog[open]').count()) === 0)
    await untilFocused('register')
    await press('Denials')
    await seat.until(async () => (await seat.shown.locator('.story:not([data-kind=denial])').count()) === 0)
    await press('Everything')
  })

  test('break-glass reads the value, of which the page shows four characters; then nothing is denied any more', async () => {
    await actAs('break-glass')
    await press('Read value: billing')
    await untilSaid(new RegExp(`^Read as break-glass: the value of billing is …${slotsOf('billing')?.lastFour}\\.$`))
    expect(await denied().count()).toBe(0)
    await actAs('operator')
  })
})

test('everything about a client is in a dialog', async () => {
  await press('billing')
  await seat.until(async () => (await seat.text('#dialog-title')) === 'billing')
  expect(await seat.text('dialog')).toContain('AWSCURRENT')
  await seat.lookAt('details')
  await press('Close')
  await seat.until(async () => (await seat.shown.locator('dialog[open]').count()) === 0)
})

test('a leak: the attacker is refused, and the proof that comes up is the one that was signed', async () => {
  const leaked = slotsOf('billing')?.lastFour
  await press('Report leak: billing')
  await seat.until(async () => (await seat.text('.attack-word')) !== '')
  await seat.until(async () => (await seat.text('.attack-word')) === 'REFUSED')
  await seat.until(async () => (await seat.shown.locator('.proof:not(.is-open)').count()) === 1)

  const proof = await seat.text('.proof')
  expect(proof).toContain(`…${leaked}`)
  expect(proof).toMatch(
    /refused three times \(401 invalid_client\), last at \d\d:\d\d:\d\d\.\d{3},\s+\d+\.\d s after the report, signed/,
  )
  expect(slotsOf('billing')?.lastFour).not.toBe(leaked)
  await seat.until(async () => (await seat.text('#last-incident')).includes('to proof'))
  await seat.until(async () => (await seat.text('.attack-tally')).includes('The attacker has stopped'))
  expect(await seat.text('.attack-tally')).toContain('0 accepted again')
  expect(await seat.text('.attack')).toMatch(
    /A revoke ends no token: what was issued until then expires by \d\d:\d\d:\d\d\./,
  )
  await seat.shown.locator('.proof summary').click()
  await seat.lookAtAll('leak')
  await press('Hide')
  await seat.until(async () => !(await seat.shown.locator('#incident').isVisible()))
  expect(await focused()).not.toBe('BODY')
})

test('the card keeps what became of the leaked value, and shows the proof again', async () => {
  const note = card('billing').locator('.leak')
  expect(await note.textContent()).toMatch(/….{4} leaked; Stytch refuses it since \d\d:\d\d:\d\d, proof signed\./)
  const show = seat.shown.getByRole('button', { name: 'Show the leak of billing', exact: true })
  await show.focus()
  await show.press('Enter')
  await untilFocused('incident-title')
  expect(await seat.shown.locator('.proof:not(.is-open)').count()).toBe(1)
  await press('Hide')
  await seat.until(async () => !(await seat.shown.locator('#incident').isVisible()))
})

describe('faults and clock', () => {
  test('the drawer opens and closes by keyboard, and gives the focus back', async () => {
    await seat.shown.locator('#open-tools').focus()
    await seat.shown.keyboard.press('Enter')
    await untilFocused('tools-title')
    await seat.shown.keyboard.press('Escape')
    await untilFocused('open-tools')
    await seat.shown.keyboard.press('Enter')
    await untilFocused('tools-title')
  })

  test('one fault is set, played, and the rotation gets over it', async () => {
    await seat.shown.locator('.drawer summary').click()
    await seat.shown.locator('#fault select[name=at]').selectOption('Stytch')
    await seat.shown.locator('#fault input[name=op]').fill('RotateStart')
    await seat.shown.locator('#fault select[name=kind]').selectOption('drop_reply')
    await press('Set this fault')
    await seat.until(async () => (await seat.text('#active')).includes('Stytch RotateStart: drop_reply, 1 ×'))
    await seat.lookAt('faults')
    await seat.shown.locator('#close-tools').click()
    await press('Rotate: billing')
    await untilState('billing', 'overlap')
    await seat.shown.locator('#open-tools').click()
    await seat.until(async () => (await seat.text('#active')) === 'Nothing is set to fail.')
  })

  test('each preset is played and cleared', async () => {
    await press('Play: Stytch is down for a minute')
    await seat.until(async () => (await seat.text('#active')).includes('Stytch answers 503 to everything'))
    await seat.until(async () => (await seat.text('h1')) === 'Consumers are failing')
    await press('Play: Secrets Manager forgets for 3\u00a0s')
    await seat.until(async () => (await seat.text('#active')).includes('up to 3 s old'))
    await press('Play: The function dies at the worst moment')
    await seat.until(async () => (await seat.text('#active')).includes('killed at the worst moment'))
    await seat.shown.locator('#calm').focus()
    await seat.shown.keyboard.press('Enter')
    await seat.until(async () => (await seat.text('#active')) === 'Nothing is set to fail.')
    await untilFocused('calm')
    expect(seat.laptop.aws.settings().staleReadShare).toBe(0)
  })

  test('the clock moves, and the sweep ends the overlap by itself', async () => {
    const before = seat.laptop.world.clock.now()
    await press('+ 1 day')
    await untilSaid(/^It is 20\d\d-/)
    await press('+ 1 hour')
    await untilState('billing', 'settled')
    expect(seat.laptop.world.clock.now() - before).toBeGreaterThan(25 * 3_600_000)
  })

  test('a colleague in the dashboard leaves a DEAD client, in words and in colour, and a report of a leak repairs it', async () => {
    await seat.shown.locator('#clicked').selectOption('m2m/laptop/billing')
    await press('Play: A colleague clicks in the dashboard')
    await untilState('billing', 'dead')
    await seat.shown.locator('#close-tools').click()
    expect(await card('billing').locator('.state').first().textContent()).toBe('DEAD')
    await seat.until(async () => (await seat.text('h1')) === '1 client needs you')
    await seat.lookAt('dead')
    await press('Show')
    await seat.until(async () => (await seat.shown.locator('.client').count()) === 1)
    await press('Report leak: billing')
    await seat.until(async () => (await seat.text('h1')) === 'Nothing is wrong')
    await seat.shown.locator('.chips .chip').first().click()
    await untilState('billing', 'settled')
  })
})

test('the timeline is filtered and searched', async () => {
  for (const name of ['Rotations', 'Incidents', 'Problems', 'Other calls', 'Everything']) {
    await press(name)
    const button = seat.shown.getByRole('button', { name, exact: true })
    await seat.until(async () => (await button.getAttribute('aria-pressed')) === 'true')
  }
  await press('Incidents')
  await seat.until(async () => (await seat.shown.locator('.story:not([data-kind=incident])').count()) === 0)
  await press('Everything')
  await seat.shown.locator('#timeline-search').fill('was registered')
  await seat.until(async () => (await seat.shown.locator('.story').count()) === 2)
  await seat.shown.locator('#timeline-search').fill('')
})

test('the tour plays its five steps on the first client', async () => {
  const cancelled = () => seat.laptop.stytch.server.calls().filter(({ op }) => op === 'RotateCancel').length
  const before = cancelled()
  await press('Take the tour')
  await untilFocused('tour-title')
  await seat.lookAt('tour')
  for (const step of [1, 2, 3, 4, 5]) {
    await seat.until(async () => (await seat.text('#tour .small')) === `Step ${step} of 5`)
    if (step > 1) await seat.shown.locator('#tour-do').click()
    await seat.until(async () => (await seat.text('.tour-state')).startsWith('Done'))
    await seat.shown.locator('#tour-next').click()
  }
  await seat.until(async () => !(await seat.shown.locator('#tour').isVisible()))
  await untilFocused('open-tour')
  // What the killed function had started was cancelled by the next one.
  expect(cancelled()).toBeGreaterThan(before)
})

test('with reduced motion nothing moves', async () => {
  const moving = () => seat.shown.evaluate('document.getAnimations().length')
  await seat.shown.emulateMedia({ reducedMotion: 'reduce' })
  // What began before comes to its end.
  await seat.until(async () => (await moving()) === 0)
  await press('Settle: billing')
  await untilState('billing', 'settled')
  expect(await moving()).toBe(0)
  await seat.shown.emulateMedia({ reducedMotion: 'no-preference' })
})

test('a page of another site presses nothing', async () => {
  const elsewhere = await seat.browser.newPage()
  await elsewhere.goto(`${seat.laptop.address.stytch}/`)
  const before = seat.laptop.aws.calls().length

  const outcome = await elsewhere.evaluate(async (url) => {
    const body = JSON.stringify({ act: 'rotate', secret: 'm2m/laptop/billing' })
    const plain = { method: 'POST', mode: 'no-cors' as const, body }
    await fetch(`${url}/acts`, plain).catch(() => undefined)
    const json = { method: 'POST', body, headers: { 'content-type': 'application/json' } }
    return fetch(`${url}/acts`, json).then(
      () => 'answered',
      () => 'refused by the browser',
    )
  }, seat.page.url)
  await elsewhere.close()

  expect(outcome).toBe('refused by the browser')
  expect(
    seat.laptop.aws
      .calls()
      .slice(before)
      .filter(({ op }) => op === 'RotateSecret'),
  ).toEqual([])
})

test('the browser complained of nothing but the refusals, and no secret was ever shown', async () => {
  expect(seat.complaints.filter((text) => !text.includes('409'))).toEqual([])
  expect(await seat.leaks()).toEqual([])
})
