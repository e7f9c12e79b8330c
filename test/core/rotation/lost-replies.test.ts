// What a rotation does when something goes wrong between it and the world: replies lost with and without their effect, two
// executions at once, too little time, a bus that is down. The value that start hands out is the only copy: it is stored, or the
// next execution finds that it is lost, and says so to the issuer.
import { describe, expect, test } from 'vitest'
import { Fault, type FaultCode } from '../../../lambda/core/base/fault.ts'
import type { Step } from '../../../lambda/core/rotation/refusal.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { failAt, onceAt } from '../../fakes/call-log.ts'
import { effectOf } from '../../fakes/effect.ts'
import { type Loss, THROTTLE_MS } from '../../fakes/fake-issuer.ts'
import { createRegisteredWorld, nameOf, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

const does = (world: World, step: Step, token: string, remainingMs?: number) =>
  effectOf(world, () => world.step(step, token, remainingMs))
const accepted = ({ client }: World): readonly string[] => {
  const { current, next } = client()
  return [current, next].filter((value) => value !== null).map(nameOf)
}
const fault = (code: FaultCode, retryable = true) => new Fault({ code, retryable, message: `${code}, on purpose` })
const down = fault('SECRETS_MANAGER_UNAVAILABLE')

/** A world in which these are finished, and this one has begun, up to a step. */
const begin = async (finished: readonly Intent[], intent: Intent, upTo: readonly Step[] = []) => {
  const world = createRegisteredWorld()
  for (const before of finished) await world.rotate(tokenOf(before))
  const token = tokenOf(intent)
  world.secrets.rotateSecret(token)
  for (const step of upTo) await world.step(step, token)
  return { world, token }
}

/** The lost call's effect comes with the second wait. */
const landLate = ({ timing, issuer }: World): void => {
  timing.onWait.push(() => {
    if (timing.waits.length === 2) issuer.land()
  })
}

interface LostCase {
  readonly call: 'start' | 'complete' | 'cancel'
  readonly loss: readonly Loss[]
  readonly effect: string
}

describe('a lost reply in createSecret', () => {
  const cases: readonly (LostCase & { readonly finished: readonly Intent[] })[] = [
    { call: 'start', loss: ['before'], finished: [], effect: 'start > start > put new1' },
    { call: 'start', loss: ['after'], finished: [], effect: 'start > cancel > start > put new2' },
    { call: 'start', loss: ['late'], finished: [], effect: 'start > cancel > start > put new2' },
    {
      call: 'start',
      loss: ['after', 'after'],
      finished: [],
      effect: 'start > cancel > start > cancel > start > put new3',
    },
    { call: 'start', loss: ['before', 'after'], finished: [], effect: 'start > start > cancel > start > put new2' },
    { call: 'complete', loss: ['before'], finished: ['rotate'], effect: 'complete > complete > start > put new2' },
    { call: 'complete', loss: ['after'], finished: ['rotate'], effect: 'complete > start > put new2' },
    { call: 'complete', loss: ['late'], finished: ['rotate'], effect: 'complete > start > put new2' },
    {
      call: 'cancel',
      loss: ['before'],
      finished: ['rotate', 'rollback'],
      effect: 'cancel > cancel > start > put new2',
    },
    { call: 'cancel', loss: ['after'], finished: ['rotate', 'rollback'], effect: 'cancel > start > put new2' },
    { call: 'cancel', loss: ['late'], finished: ['rotate', 'rollback'], effect: 'cancel > start > put new2' },
  ]

  test.each(cases)('$call, $loss the effect: $effect', async ({ call, loss, finished, effect }) => {
    const { world, token } = await begin(finished, 'rotate')
    world.issuer.losses[call].push(...loss)
    landLate(world)

    expect(await does(world, 'createSecret', token)).toBe(effect)
    expect(accepted(world)).toContain(nameOf(world.valueUnder('AWSPENDING') ?? ''))
    expect(accepted(world)).toContain(nameOf(world.valueUnder('AWSCURRENT') ?? ''))
    expect(world.said()).not.toContain('canary')
  })

  test.each(cases)('$call, $loss the effect: the rotation ends as ever', async ({ call, loss, finished }) => {
    const { world, token } = await begin(finished, 'revoke')
    world.issuer.losses[call].push(...loss)
    landLate(world)
    await world.rotate(token)
    const value = nameOf(world.valueUnder('AWSCURRENT') ?? '')

    await world.rotate(tokenOf('settle'))

    expect(accepted(world)).toEqual([value])
  })

  test('an issuer that never answers ends the step while the last start still had its time', async () => {
    const { world, token } = await begin([], 'rotate')
    world.issuer.losses.start.push(...new Array<Loss>(9).fill('before'))

    expect(await does(world, 'createSecret', token)).toBe('start > start > start > start > fault TIME_TOO_SHORT')
    expect(world.valueUnder('AWSPENDING')).toBeUndefined()
  })

  test('a start whose reply is lost is waited for, also when a slot was retired just before', async () => {
    const { world, token } = await begin(['rotate'], 'rotate')
    world.issuer.losses.start.push('before')

    await world.step('createSecret', token)

    expect(world.timing.waits).toEqual([250, 750, 2000, 3000])
  })

  test('it looks before it acts again', async () => {
    const { world, token } = await begin([], 'rotate')
    world.issuer.losses.start.push('before')

    await world.step('createSecret', token)

    const names = world.log.names()
    const first = names.indexOf('issuer.start')
    expect(names.slice(first + 1, names.lastIndexOf('issuer.start'))).toContain('issuer.look')
  })
})

describe('a lost reply in a settle’s setSecret', () => {
  const cases: readonly (LostCase & { readonly finished: readonly Intent[] })[] = [
    { call: 'complete', loss: ['before'], finished: ['rotate'], effect: 'complete > complete' },
    { call: 'complete', loss: ['after'], finished: ['rotate'], effect: 'complete' },
    { call: 'complete', loss: ['late'], finished: ['rotate'], effect: 'complete' },
    {
      call: 'complete',
      loss: ['before', 'before', 'before', 'before'],
      finished: ['rotate'],
      effect: 'complete > complete > complete > complete > fault STYTCH_OUTCOME_UNKNOWN',
    },
    { call: 'cancel', loss: ['before'], finished: ['rotate', 'rollback'], effect: 'cancel > cancel' },
    { call: 'cancel', loss: ['after'], finished: ['rotate', 'rollback'], effect: 'cancel' },
    { call: 'cancel', loss: ['late'], finished: ['rotate', 'rollback'], effect: 'cancel' },
  ]

  test.each(cases)('$call, $loss the effect: $effect', async ({ call, loss, finished, effect }) => {
    const { world, token } = await begin(finished, 'settle', ['createSecret'])
    world.issuer.losses[call].push(...loss)
    world.timing.waits.length = 0
    landLate(world)
    const current = nameOf(world.valueUnder('AWSCURRENT') ?? '')

    expect(await does(world, 'setSecret', token)).toBe(effect)
    expect(accepted(world)).toContain(current)
  })

  test('somebody who completed it meanwhile is found by looking', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    world.log.before.push(
      onceAt('issuer.complete', () => {
        Object.assign(world.client(), { current: world.client().next, next: null })
      }),
    )

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(accepted(world)).toEqual(['new1'])
  })

  test('somebody who cancelled it meanwhile is found by looking', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    world.log.before.push(
      onceAt('issuer.complete', () => {
        world.client().next = null
      }),
    )

    // It is cancelledUnderUs; see the departures of run-step-cells.
    expect(await does(world, 'setSecret', token)).toMatch(
      /^complete > no (drift|cancelledUnderUs), cleared: Refused, Drift$/,
    )
    expect(accepted(world)).toEqual(['A'])
  })
})

describe('a call that was throttled', () => {
  const cases = [
    { call: 'start', finished: [], effect: 'start > start > put new1' },
    { call: 'complete', finished: ['rotate'], effect: 'complete > complete > start > put new2' },
    { call: 'cancel', finished: ['rotate', 'rollback'], effect: 'cancel > cancel > start > put new2' },
  ] as const

  test.each(cases)('$call: is sent again after the wait that Stytch asks for, and after a look', async (given) => {
    const { world, token } = await begin(given.finished, 'rotate')
    world.issuer.losses[given.call].push('throttled')

    expect(await does(world, 'createSecret', token)).toBe(given.effect)
    expect(world.timing.waits).toEqual([THROTTLE_MS])
    const names = world.log.names()
    const at = names.indexOf(`issuer.${given.call}`)
    expect(names.slice(at + 1, names.indexOf(`issuer.${given.call}`, at + 1))).toContain('issuer.look')
  })

  test('start: is not sent again when the wait has left less than ten seconds', async () => {
    const { world, token } = await begin([], 'rotate')
    world.issuer.losses.start.push('throttled')

    expect(await does(world, 'createSecret', token, 12_000)).toBe('start > fault TIME_TOO_SHORT')
  })

  test.each(cases)('$call: a wait that the function would not live to see is not begun', async (given) => {
    const { world, token } = await begin(given.finished, 'rotate')
    world.issuer.losses[given.call].push('throttled')

    expect(await does(world, 'createSecret', token, 9_999)).toMatch(/fault (STYTCH_RATE_LIMITED|TIME_TOO_SHORT)$/)
    expect(world.timing.waits).toEqual([])
  })

  test('to the end is a fault, and changes nothing', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    world.issuer.losses.complete.push(...new Array<Loss>(9).fill('throttled'))

    expect(await does(world, 'setSecret', token)).toMatch(/^(complete > )+fault STYTCH_(OUTCOME_UNKNOWN|RATE_LIMITED)$/)
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('is not sent again to what the world has become meanwhile', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    world.issuer.losses.complete.push('throttled')
    world.timing.onWait.push(() => {
      world.client().current = world.client().next ?? ''
      world.client().next = null
    })

    expect(await does(world, 'setSecret', token)).toBe('complete')
    expect(accepted(world)).toEqual(['new1'])
  })

  test('leaves a value alone that another execution stored meanwhile', async () => {
    const { world, token } = await begin([], 'rotate', [])
    world.client().next = valueNamed('X')
    world.issuer.losses.cancel.push('throttled')
    let isFirst = true
    world.timing.onWait.push(async () => {
      if (!isFirst) return
      isFirst = false
      await world.step('createSecret', token)
    })

    expect(await does(world, 'createSecret', token)).toBe('cancel > cancel > start > put new1')
    expect(accepted(world)).toEqual(['A', 'new1'])
  })
})

describe('the only copy', () => {
  test.each([[[]], [['rotate']], [['rotate', 'rollback']]] as const)(
    'nothing comes between start and its put (after %j)',
    async (finished) => {
      const { world, token } = await begin(finished, 'rotate')
      world.log.clear()

      await world.step('createSecret', token)

      const names = world.log.names()
      expect(names.slice(names.indexOf('issuer.start'))).toEqual(['issuer.start', 'secrets.putPending'])
      expect(world.timing.waits).toEqual([])
    },
  )

  test.each([0, 1, 9_999])('start is not sent with %i ms left', async (remainingMs) => {
    const { world, token } = await begin([], 'rotate')

    expect(await does(world, 'createSecret', token, remainingMs)).toBe('fault TIME_TOO_SHORT')
  })

  test('start is sent with ten seconds left', async () => {
    const { world, token } = await begin([], 'rotate')

    expect(await does(world, 'createSecret', token, 10_000)).toBe('start > put new1')
  })

  test('a put that fails is repeated as long as the function lives', async () => {
    const { world, token } = await begin([], 'rotate')
    world.log.before.push(failAt('secrets.putPending', down, 20))

    expect(await does(world, 'createSecret', token)).toMatch(/^start > (put new1( > )?){21}$/)
    expect(nameOf(world.valueUnder('AWSPENDING') ?? '')).toBe('new1')
  })

  test('a put whose reply is lost is repeated and changes nothing', async () => {
    const { world, token } = await begin([], 'rotate')
    world.log.after.push(failAt('secrets.putPending', down))

    expect(await does(world, 'createSecret', token)).toBe('start > put new1 > put new1')
  })

  test('a put that never succeeds costs the value, and no more: the next execution cancels it', async () => {
    const { world, token } = await begin([], 'rotate')
    world.log.before.push(failAt('secrets.putPending', fault('SECRETS_MANAGER_REJECTED', false)))

    expect(await does(world, 'createSecret', token)).toBe('start > put new1 > fault SECRETS_MANAGER_REJECTED')
    expect(await does(world, 'createSecret', token)).toBe('cancel > start > put new2')
  })

  test('a bus, a vault or an issuer that fails before start costs nothing', async () => {
    for (const at of ['secrets.describe', 'secrets.readValue', 'issuer.look', 'issuer.start']) {
      const { world, token } = await begin([], 'rotate')
      world.log.before.push(failAt(at, down))

      expect(await does(world, 'createSecret', token)).toMatch(/^(start > )?fault SECRETS_MANAGER_UNAVAILABLE$/)
      expect(await does(world, 'createSecret', token)).toBe('start > put new1')
    }
  })
})

describe('two executions of createSecret at once', () => {
  test('the second runs whole between the first one’s start and put: the value stored first is kept, and works', async () => {
    const { world, token } = await begin([], 'rotate')
    world.log.before.push(onceAt('secrets.putPending', () => world.step('createSecret', token)))

    const effect = await does(world, 'createSecret', token)

    expect(effect).toBe('start > put new1 > cancel > start > put new2 > fault CONCURRENT_EXECUTION')
    expect(nameOf(world.valueUnder('AWSPENDING') ?? '')).toBe('new2')
    await world.rotate(token)
    expect(accepted(world)).toEqual(['A', 'new2'])
    expect(nameOf(world.valueUnder('AWSCURRENT') ?? '')).toBe('new2')
  })

  test('the second starts and stores before the first one’s start: its value is taken over', async () => {
    const { world, token } = await begin([], 'rotate')
    world.log.before.push(onceAt('issuer.start', () => world.step('createSecret', token)))

    const effect = await does(world, 'createSecret', token)

    expect(effect).toBe('start > start > put new1')
    await world.rotate(token)
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('the first one’s put lands between the second’s cancel and put: the rotation is refused, AWSCURRENT lives', async () => {
    const { world, token } = await begin([], 'rotate')
    let release = () => {}
    const cancelled = new Promise<void>((resolve) => {
      release = resolve
    })
    let second: Promise<void> = Promise.resolve()
    world.log.before.push(
      onceAt('secrets.putPending', async () => {
        second = world.step('createSecret', token)
        await cancelled
      }),
    )
    world.log.after.push(onceAt('issuer.cancel', () => release()))

    await world.step('createSecret', token)
    await expect(second).rejects.toMatchObject({ code: 'CONCURRENT_EXECUTION' })

    expect(nameOf(world.valueUnder('AWSPENDING') ?? '')).toBe('new1')
    expect(await does(world, 'testSecret', token)).toBe('no poisoned, cleared: Refused, Drift')
    await world.rotate(tokenOf('rotate'))
    await world.rotate(tokenOf('settle'))
    expect(accepted(world)).toEqual(['new3'])
  })
})

// No call of Stytch's says what it expects to find, so this much is left: a second execution, doubled or forged, whose cancel is on its
// way while the first one stores, tests and switches.
test('a cancel that was on its way during the whole switch is named, and a revoke mends it', async () => {
  const { world, token } = await begin([], 'rotate')
  const gate = Promise.withResolvers<void>()
  const reached = Promise.withResolvers<void>()
  let second: Promise<void> = Promise.resolve()
  world.log.before.push(
    onceAt('issuer.cancel', () => {
      reached.resolve()
      return gate.promise
    }),
    onceAt('secrets.putPending', async () => {
      second = world.step('createSecret', token)
      await reached.promise
    }),
  )
  await world.rotate(token)
  gate.resolve()
  await expect(second).rejects.toMatchObject({ code: 'CONCURRENT_EXECUTION' })

  const settle = tokenOf('settle')
  world.secrets.rotateSecret(settle)
  expect(await does(world, 'createSecret', settle)).toBe('no drift, cleared: Refused, Drift')
  await world.rotate(tokenOf('revoke'))
  await world.rotate(tokenOf('settle'))
  expect(accepted(world)).toEqual([nameOf(world.valueUnder('AWSCURRENT') ?? '')])
})

describe('a refusal', () => {
  const intruded = async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.client().next = valueNamed('X')
    return { world, token }
  }

  test('lets the next rotation in', async () => {
    const { world, token } = await intruded()

    expect(await does(world, 'testSecret', token)).toBe('no poisoned, cleared: Refused, Drift')
    expect(await effectOf(world, async () => void (await world.rotate(tokenOf('revoke'))))).toBe(
      'cancel > start > put new2 > move: Completed, Changed',
    )
  })

  test('takes AWSPENDING away though the bus is down, so that the next rotation is let in', async () => {
    const { world, token } = await intruded()
    world.log.before.push(failAt('events.publish', fault('EVENT_NOT_SENT')))

    expect(await does(world, 'testSecret', token)).toBe('no poisoned, cleared')
    expect(world.secrets.holderOf('AWSPENDING')).toBeUndefined()
    expect(world.journal.entries.slice(-2)).toMatchObject([
      { outcome: 'failed', code: 'EVENT_NOT_SENT', retryable: true, step: 'testSecret', requestToken: token },
      { outcome: 'refused', reason: 'position', step: 'testSecret', requestToken: token },
    ])
    expect(await does(world, 'createSecret', token)).toBe('no tokenWithoutVersion, kept')
  })

  test('leaves AWSPENDING where it is when Stytch accepts what is pending and refuses AWSCURRENT', async () => {
    const refusals: readonly (readonly [string, (world: World) => void])[] = [
      [
        'boundElsewhere',
        (world) => Object.assign(world.client(), { boundTo: 'arn:aws:secretsmanager:eu-central-1:1:secret:b' }),
      ],
      ['noCurrent', (world) => world.secrets.versions.get(world.secrets.holderOf('AWSCURRENT') ?? '')?.labels.clear()],
    ]
    for (const [reason, spoil] of refusals) {
      const { world, token } = await begin([], 'rotate', ['createSecret'])
      Object.assign(world.client(), { current: world.client().next, next: null })
      spoil(world)

      expect(await does(world, 'finishSecret', token)).toBe(`no ${reason}, kept: Refused`)
      expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
    }
  })

  test('leaves it there when Stytch accepts both, too', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.client().boundTo = 'arn:aws:secretsmanager:eu-central-1:1:secret:b'

    expect(await does(world, 'finishSecret', token)).toBe('no boundElsewhere, kept: Refused')
  })

  test('takes AWSPENDING away when neither is accepted, or only AWSCURRENT, which is asked three times', async () => {
    const slots = [
      { current: valueNamed('X'), next: null },
      { current: valueNamed('A'), next: null },
    ]
    for (const held of slots) {
      const { world, token } = await begin([], 'rotate', ['createSecret'])
      Object.assign(world.client(), held, { boundTo: 'arn:aws:secretsmanager:eu-central-1:1:secret:b' })

      expect(await does(world, 'finishSecret', token)).toBe('no boundElsewhere, cleared: Refused')
      expect(world.log.names().filter((name) => name === 'issuer.exchange')).toHaveLength(3)
    }
  })

  test('decides nothing while Stytch cannot be asked', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.client().boundTo = 'arn:aws:secretsmanager:eu-central-1:1:secret:b'
    world.log.before.push(failAt('issuer.exchange', fault('STYTCH_UNAVAILABLE')))

    expect(await does(world, 'finishSecret', token)).toBe('fault STYTCH_UNAVAILABLE')
    expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
  })
})

describe('finishSecret', () => {
  const upToTest: readonly Step[] = ['createSecret', 'setSecret', 'testSecret']

  test('a move whose reply is lost counts as moved', async () => {
    for (const intent of ['rotate', 'settle'] as const) {
      const { world, token } = await begin(['rotate'], intent, upToTest)
      world.log.after.push(failAt('secrets.moveLabel', down))

      expect(await does(world, 'finishSecret', token)).toMatch(/^move: Completed/)
      expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
    }
  })

  test('a move that did not happen is a fault, and happens when asked again', async () => {
    const { world, token } = await begin([], 'rotate', upToTest)
    world.log.before.push(failAt('secrets.moveLabel', down))

    expect(await does(world, 'finishSecret', token)).toBe('move > fault SECRETS_MANAGER_UNAVAILABLE')
    expect(world.secrets.holderOf('AWSCURRENT')).not.toBe(token)
    expect(await does(world, 'finishSecret', token)).toBe('move: Completed, Changed')
  })

  test.each([
    ['rotate', [], 'move > fault CURRENT_MOVED'],
    ['revoke', [], 'move > fault CURRENT_MOVED'],
    ['settle', ['rotate'], 'move > no currentMoved, cleared: Refused'],
    ['rollback', ['rotate'], 'move > no currentMoved, cleared: Refused'],
  ] as const)(
    'the label of a %s moves only from where it was seen: somebody else’s move in between is not undone',
    async (intent, finished, effect) => {
      const { world, token } = await begin(finished, intent, upToTest)
      world.log.before.push(
        onceAt('secrets.moveLabel', () =>
          world.secrets.place('by-hand-000000000000000000000000000000', { labels: ['AWSCURRENT'] }),
        ),
      )

      expect(await does(world, 'finishSecret', token)).toBe(effect)
      expect(world.secrets.holderOf('AWSCURRENT')).toBe('by-hand-000000000000000000000000000000')
    },
  )

  test('what the bus did not take after the move is told when the service asks again', async () => {
    const { world, token } = await begin([], 'rotate', upToTest)
    world.log.before.push(failAt('events.publish', fault('EVENT_NOT_SENT')))

    expect(await does(world, 'finishSecret', token)).toBe('move > fault EVENT_NOT_SENT')
    expect(await does(world, 'finishSecret', token)).toBe('nothing: Completed, Changed')
  })

  test('a settle that cannot report its evidence finishes, and reports it after the label has moved', async () => {
    const { world, token } = await begin(['revoke'], 'settle', upToTest)
    world.log.before.push(onceAt('events.publish', () => Promise.reject(fault('EVENT_NOT_SENT'))))

    expect(await does(world, 'finishSecret', token)).toBe('move: Revoked, Completed')
    expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
  })

  test('a settle whose reports all fail has moved the label, and reports, with fresh evidence, when it is driven again', async () => {
    const { world, token } = await begin(['revoke'], 'settle', upToTest)
    let isDown = true
    world.log.before.push(({ port, name }) => {
      if (isDown && `${port}.${name}` === 'events.publish') throw fault('EVENT_NOT_SENT')
    })

    expect(await does(world, 'finishSecret', token)).toBe('move > fault EVENT_NOT_SENT')
    expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
    isDown = false
    expect(await does(world, 'finishSecret', token)).toBe('nothing: Revoked, Completed')
  })

  test('two executions at once end as one', async () => {
    const { world, token } = await begin([], 'rotate', upToTest)
    world.log.before.push(onceAt('secrets.moveLabel', () => world.step('finishSecret', token)))

    expect(await does(world, 'finishSecret', token)).toBe('move > move: Completed, Changed, Completed, Changed')
    expect(new Set(world.events.published.map(({ detail }) => detail.id)).size).toBe(2)
  })

  test('two executions of a settle’s at once end as one, at whatever call the second comes in', async () => {
    for (const at of ['secrets.readValue', 'issuer.look', 'issuer.exchange', 'secrets.moveLabel', 'events.publish']) {
      const { world, token } = await begin(['rotate'], 'settle', upToTest)
      world.events.published.length = 0
      world.log.before.push(onceAt(at, () => world.step('finishSecret', token)))

      await world.step('finishSecret', token)

      expect(new Set(world.events.published.map(({ type }) => type))).toEqual(new Set(['Rotation Completed']))
      expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
    }
  })

  test.each(['rotate', 'revoke'] as const)(
    'a value that lives on after a %s keeps its settle from finishing',
    async (intent) => {
      const { world, token } = await begin([intent], 'settle', upToTest)
      world.issuer.lingering.add(valueNamed('A'))

      expect(await does(world, 'finishSecret', token)).toBe('fault STILL_ACCEPTED')
      expect(world.secrets.holderOf('AWSCURRENT')).not.toBe(token)
    },
  )

  test('a value that takes a few seconds to die is waited for', async () => {
    const { world, token } = await begin(['revoke'], 'settle', upToTest)
    world.issuer.lingering.add(valueNamed('A'))
    world.timing.onWait.push(() => {
      if (world.timing.waits.length === 2) world.issuer.lingering.clear()
    })

    expect(await does(world, 'finishSecret', token)).toBe('move: Revoked, Completed')
    expect(world.timing.waits).toEqual([500, 1500])
  })

  test('the settle of a revoke does not finish while its own value is refused', async () => {
    const { world, token } = await begin(['revoke'], 'settle', upToTest)
    world.issuer.unripe.add('canary-new1-n001')

    expect(await does(world, 'finishSecret', token)).toBe('fault PENDING_REFUSED')
  })
})

describe('AWSCURRENT that somebody moved by hand', () => {
  const BY_HAND = 'by-hand-000000000000000000000000000000'
  const moveTo = (world: World, value: string) =>
    world.secrets.place(BY_HAND, { text: textOf(value), labels: ['AWSCURRENT'] })

  test.each(['createSecret', 'setSecret', 'finishSecret'] as const)('stops a settle at %s', async (step) => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    moveTo(world, valueNamed('A'))

    expect(await does(world, step, token)).toMatch(/^(put A > )?no currentMoved, cleared: Refused$/)
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('to a value that is dead stops a settle, too: its copy is stored where it came from', async () => {
    const { world, token } = await begin(['rotate'], 'settle', ['createSecret'])
    const origin = world.secrets.holderOf('AWSCURRENT') ?? ''
    moveTo(world, valueNamed('X'))

    expect(await does(world, 'setSecret', token)).toBe('no currentMoved, cleared: Refused')
    expect(world.secrets.versions.get(origin)?.text).toBe(world.secrets.versions.get(token)?.text)
  })

  test('between the guard and the move holds a finish up, which then goes by what it is now', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret', 'setSecret', 'testSecret'])
    world.log.after.push(onceAt('secrets.describe', () => moveTo(world, valueNamed('A'))))

    expect(await does(world, 'finishSecret', token)).toBe('move > fault CURRENT_MOVED')
    expect(world.secrets.holderOf('AWSCURRENT')).toBe(BY_HAND)
    expect(await does(world, 'finishSecret', token)).toBe('move: Completed, Changed')
  })
})

describe('testSecret', () => {
  test('a value that Stytch does not know everywhere yet is waited for', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.issuer.unripe.add('canary-new1-n001')
    world.timing.onWait.push(() => {
      if (world.timing.waits.length === 3) world.issuer.unripe.clear()
    })

    expect(await does(world, 'testSecret', token)).toBe('nothing')
    expect(world.timing.waits).toEqual([500, 1500, 4000])
  })

  test('a value in a slot that stays refused is a fault, not a refusal: AWSPENDING stays', async () => {
    const { world, token } = await begin([], 'rotate', ['createSecret'])
    world.issuer.unripe.add('canary-new1-n001')

    expect(await does(world, 'testSecret', token)).toBe('fault PENDING_REFUSED')
    expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
  })
})

test('an error that is no fault of ours goes on as it is, and the journal holds its name alone', async () => {
  const { world, token } = await begin([], 'rotate')
  const defect = new TypeError('canary-value in a message')
  world.log.before.push(failAt('issuer.look', defect))

  await expect(world.step('createSecret', token)).rejects.toBe(defect)

  expect(world.journal.entries.at(-1)).toMatchObject({ outcome: 'failed', code: 'DEFECT', message: 'TypeError' })
  expect(world.said()).not.toContain('canary')
  expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
})
