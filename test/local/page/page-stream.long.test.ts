// What the laptop's page is sent while rotations and leaks are carried out: clients, stories, consumers, proofs, and no value.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallLine, Story } from '../../../lambda/local/page/stories.ts'
import { findLeaks } from '../../e2e/leaks.ts'
import { openPageSeat, type PageSeat } from './page-seat.ts'

let seat: PageSeat
beforeAll(async () => {
  seat = await openPageSeat()
})
afterAll(() => seat?.close())

test('a client that is being rotated says so', async () => {
  await seat.carryOut({ act: 'register', name: 'busy', scopes: [] })
  let letGo = (): void => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const untap = seat.laptop.stytch.server.tap(({ op }) => (op === 'RotateStart' ? held : undefined))
  await seat.carryOut({ act: 'rotate', secret: 'm2m/laptop/busy' })

  const second = await seat.act({ act: 'rotate', secret: 'm2m/laptop/busy' })
  untap()
  letGo()
  await seat.laptop.aws.idle()

  expect(second).toEqual({
    isDone: false,
    says: 'busy is being rotated already; wait until that has ended.',
  })
})

const linesOf = async ({ id }: Story): Promise<readonly CallLine[]> =>
  (JSON.parse((await seat.ask({ path: `/stories/${id}` })).body) as { lines: readonly CallLine[] }).lines

test('the stream has the clients and a story for each rotation, late comers included, and no value', async () => {
  await seat.carryOut({ act: 'register', name: 'billing', scopes: ['read:invoices'] })
  // Secrets Manager tests the rotation by itself.
  await seat.laptop.aws.idle()
  const completed = '"says":"billing switched to'
  const live = seat.streamUntil(completed)
  await seat.carryOut({ act: 'rotate', secret: 'm2m/laptop/billing' })
  const { text } = await live
  await seat.laptop.aws.idle()
  const late = await seat.streamUntil(completed)

  const { versions = [] } = seat.laptop.aws.peek('m2m/laptop/billing') ?? {}
  const values = versions.flatMap(({ value }) =>
    // Without one: what a dry run leaves.
    value === undefined ? [] : [(JSON.parse(value) as { client_secret: string }).client_secret],
  )
  const [first, second] = values.map((value) => value.slice(-4))
  expect(late.clientOf('billing')).toMatchObject({
    state: 'overlap',
    position: 'overlap',
    needsAction: false,
    slots: { current: first, next: second },
    versions: [{ labels: ['AWSPREVIOUS'] }, { labels: ['AWSCURRENT'], origin: 'rotate' }],
  })
  // Calls that come far apart, on a busy machine, stand by themselves, and a dry run whose version was not seen in time is calls alone.
  const about = late.stories.filter(
    ({ about: name, kind, says }) => name === 'billing' && kind !== 'calls' && !says.includes('rotation of billing'),
  )
  expect(about.map(({ says }) => says)).toEqual([
    `billing was registered with …${first}`,
    `billing switched to …${second}`,
  ])
  const rotation = about.at(-1)
  const lines = rotation === undefined ? [] : await linesOf(rotation)
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ where: 'Stytch', what: 'RotateStart 200', isFault: false }),
      expect.objectContaining({ where: 'AWS', what: 'PutSecretValue 200' }),
      expect.objectContaining({ where: 'label', what: expect.stringMatching(/^AWSCURRENT → rotate-/) }),
    ]),
  )
  expect(values).toHaveLength(2)
  expect(
    findLeaks(
      [
        { from: 'live', text },
        { from: 'late', text: late.text },
        { from: 'lines', text: JSON.stringify(lines) },
      ],
      [...values, seat.laptop.address.project_secret].map((value, index) => ({ name: `value ${index}`, value })),
    ),
  ).toEqual([])
})

test('consumers work only while a page is open, and none of their calls is in the timeline', async () => {
  await seat.carryOut({ act: 'register', name: 'quiet', scopes: [] })
  await seat.laptop.aws.idle()
  const tokens = () => seat.laptop.stytch.server.calls().filter(({ player }) => player === 'consumer').length

  // Tokens are judged by the clock that the stand-ins share.
  await seat.carryOut({ act: 'clock', hours: 48 })
  const { states } = await seat.streamUntil('"requests":9')

  expect(tokens()).toBeGreaterThan(0)
  expect(states.at(-1)?.traffic.failures).toBe(0)
  // A sweep may be at work meanwhile: what is shown is all that others have called, once it has ended.
  const missing = async (): Promise<number> => {
    const { stories } = await seat.streamUntil('"requests":')
    const lines = (await Promise.all(stories.map(linesOf))).flat()
    const others = seat.laptop.stytch.server.calls().filter(({ op, player }) => op === 'Token' && player === undefined)
    const shown = lines.filter(({ what }) => what.startsWith('Token')).reduce((sum, { times }) => sum + times, 0)
    return others.length - shown
  }
  await expect.poll(missing, { timeout: 60_000, interval: 500 }).toBe(0)
})

test('a leak is followed from the report to the proof, which is verified before it is shown', async () => {
  await seat.carryOut({ act: 'register', name: 'leaky', scopes: [] })
  await seat.laptop.aws.idle()
  const leaked = seat.laptop.stytch.slots(
    seat.laptop.aws.peek('m2m/laptop/leaky')?.tags['m2m:client-id'] ?? '',
  )?.lastFour
  const following = seat.streamUntil('"outcome":"refused"')
  await seat.carryOut({ act: 'leak', secret: 'm2m/laptop/leaky' })
  await following
  const { states } = await seat.streamUntil('"proof":{')

  const incident = states.at(-1)?.incident
  expect(incident).toMatchObject({
    name: 'leaky',
    leaked,
    outcome: 'refused',
    proof: {
      lastFour: leaked,
      refusals: 3,
      status: 401,
      errors: ['invalid_client', 'invalid_client', 'invalid_client'],
    },
    attack: { acceptedAgain: 0 },
  })
  expect(incident?.attack?.accepted).toBeGreaterThan(0)
  expect(incident?.proof?.lastRefusedAt).toBeGreaterThanOrEqual(incident?.reportedAt ?? Number.POSITIVE_INFINITY)
  const signing = seat.laptop.aws.keys().find(({ alias }) => alias.endsWith('-proofs'))
  expect(incident?.proof?.keyArn).toBe(signing?.arn)
})

test('a client whose AWSCURRENT Stytch refuses is dead, one that is deleted there is gone, one that is switched off is inactive', async () => {
  const names = ['completed', 'deleted', 'switched', 'fine']
  for (const name of names) await seat.carryOut({ act: 'register', name, scopes: [] })
  const clientIdOf = (name: string): string => seat.laptop.aws.peek(`m2m/laptop/${name}`)?.tags['m2m:client-id'] ?? ''
  await seat.carryOut({ act: 'preset', preset: 'dashboard', secret: 'm2m/laptop/completed' })
  seat.laptop.stytch.dashboard.remove(clientIdOf('deleted'))
  seat.laptop.stytch.dashboard.setStatus(clientIdOf('switched'), 'inactive')
  const { clientOf, states } = await seat.streamUntil('"inactive":1')

  expect(names.map((name) => clientOf(name)?.state)).toEqual(['dead', 'gone', 'inactive', 'settled'])
  expect(names.map((name) => clientOf(name)?.needsAction)).toEqual([true, true, true, false])
  expect(states.at(-1)?.summary).toMatchObject({ wrong: 3 })
})

test('after a reset the page begins anew', async () => {
  seat.laptop.world.reset()
  await seat.carryOut({ act: 'register', name: 'again', scopes: [] })
  const { stories, states } = await seat.streamUntil('again was registered')

  expect(stories[0]?.says).toBe('The laptop was emptied')
  expect(states.at(-1)?.summary.total).toBe(1)
  expect(states.at(-1)?.incident).toBeNull()
})
