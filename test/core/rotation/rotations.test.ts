// Whole rotations, one after another, as a secret lives through them: what is accepted after each, what was told, what an auditor is
// shown, and how many calls it took.
import { describe, expect, test } from 'vitest'
import type { Evidence } from '../../../lambda/core/rotation/outcome.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { LOST_VALUE } from '../../../lambda/core/secret/secret-format.ts'
import { effectOf } from '../../fakes/effect.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { CLIENT_ID, createRegisteredWorld, nameOf, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'
import { accepted } from './step-seat.ts'

/** Runs the intents, an hour apart, and @returns what each did, with its token. */
const live = async (world: World, ...intents: readonly Intent[]) => {
  const effects: string[] = []
  const tokens: string[] = []
  for (const intent of intents) {
    world.timing.advance(3_600_000)
    const token = tokenOf(intent, world.timing.now())
    effects.push(await effectOf(world, async () => void (await world.rotate(token))))
    tokens.push(token)
  }
  return { effects, tokens }
}
const nameUnder = (world: World, label: string): string => nameOf(world.valueUnder(label) ?? 'nothing')
const detailOf = (world: World, type: string): Readonly<Record<string, unknown>> =>
  world.events.published.findLast((event) => event.type === type)?.detail ?? {}
const evidenceOf = (world: World, type: string): Evidence | undefined => {
  const { evidence } = detailOf(world, type)
  return typeof evidence === 'object' ? (evidence as Evidence) : undefined
}
const provenDead = (world: World, type = 'Secret Revoked'): readonly string[] =>
  (evidenceOf(world, type)?.refused ?? []).map(({ lastFour }) => lastFour)
const issuedAtUnder = (world: World, label: string): unknown => {
  const text = world.secrets.versions.get(world.secrets.holderOf(label) ?? '')?.text ?? '{}'
  return JSON.parse(text).issued_at
}

describe('rotate', () => {
  test('replaces the value and keeps the old one accepted', async () => {
    const world = createRegisteredWorld()

    const { effects } = await live(world, 'rotate')

    expect(effects).toEqual(['start > put new1 > move: Completed, Changed'])
    expect([nameUnder(world, 'AWSCURRENT'), nameUnder(world, 'AWSPREVIOUS')]).toEqual(['new1', 'A'])
    expect(accepted(world)).toEqual(['A', 'new1'])
  })

  test('notes when the value was issued, and carries an operator’s own fields along', async () => {
    const world = createRegisteredWorld()

    await live(world, 'rotate')

    const text = world.secrets.versions.get(world.secrets.holderOf('AWSCURRENT') ?? '')?.text ?? ''
    const issuedAt = new Date(world.timing.now()).toISOString()
    expect(JSON.parse(text)).toEqual({ ...JSON.parse(textOf(valueNamed('new1', 'n001'))), issued_at: issuedAt })
  })

  test('settles into one accepted value, and shows that the other is dead', async () => {
    const world = createRegisteredWorld()
    const registered = world.secrets.holderOf('AWSCURRENT')

    const { effects } = await live(world, 'rotate', 'settle')

    expect(effects[1]).toBe('put new1 > complete > move: Completed')
    expect(accepted(world)).toEqual(['new1'])
    expect(evidenceOf(world, 'Rotation Completed')).toEqual({
      slots: { current: 'n001', next: null, requestId: expect.any(String) },
      refused: [
        {
          versionId: registered,
          lastFour: 'AAAA',
          status: 401,
          error: 'invalid_client',
          requestId: expect.any(String),
          provenAt: new Date(world.timing.now()).toISOString(),
          refusals: 3,
          firstRefusedAt: new Date(world.timing.now()).toISOString(),
          errors: ['invalid_client', 'invalid_client', 'invalid_client'],
          requestIds: [expect.any(String), expect.any(String), expect.any(String)],
        },
      ],
    })
    const [refused] = evidenceOf(world, 'Rotation Completed')?.refused ?? []
    expect(refused?.requestIds?.at(-1)).toBe(refused?.requestId)
    expect(new Set(refused?.requestIds).size).toBe(3)
  })

  test('during an overlap ends that overlap early, the older value first', async () => {
    const world = createRegisteredWorld()

    const { effects } = await live(world, 'rotate', 'rotate')

    expect(effects[1]).toBe('complete > start > put new2 > move: Completed, Changed')
    expect(accepted(world)).toEqual(['new1', 'new2'])
  })

  test('goes on for ever, two values at most', async () => {
    const world = createRegisteredWorld()

    const { effects } = await live(
      world,
      'rotate',
      'settle',
      'rotate',
      'settle',
      'rotate',
      'rotate',
      'settle',
      'settle',
    )

    expect(effects.slice(2)).toEqual([
      'start > put new2 > move: Completed, Changed',
      'put new2 > complete > move: Completed',
      'start > put new3 > move: Completed, Changed',
      'complete > start > put new4 > move: Completed, Changed',
      'put new4 > complete > move: Completed',
      'put new4 > move: Completed',
    ])
    expect(accepted(world)).toEqual(['new4'])
  })
})

describe('rollback', () => {
  test('brings the old value back and a settle kills the new one', async () => {
    const world = createRegisteredWorld()

    const { effects, tokens } = await live(world, 'rotate', 'rollback', 'settle')

    expect(effects.slice(1)).toEqual(['put A > move: Completed, Changed', 'put A > cancel > move: Completed'])
    expect(accepted(world)).toEqual(['A'])
    expect(nameUnder(world, 'AWSCURRENT')).toBe('A')
    expect(evidenceOf(world, 'Rotation Completed')?.refused.map(({ versionId }) => versionId)).toEqual([tokens[0]])
  })

  test('keeps the date at which the old value was issued, and so does the settle', async () => {
    const world = createRegisteredWorld()

    await live(world, 'rotate', 'rollback', 'settle')

    expect(issuedAtUnder(world, 'AWSCURRENT')).toBe('2026-10-01T00:00:00.000Z')
  })

  test('is refused once the overlap is over', async () => {
    const world = createRegisteredWorld()

    const { effects } = await live(world, 'rotate', 'settle', 'rollback')

    expect(effects[2]).toBe('no settled, cleared: Refused')
  })

  test('is refused after a revoke, before and after its settle', async () => {
    const world = createRegisteredWorld()

    const { effects } = await live(world, 'revoke', 'rollback', 'settle', 'rollback')

    expect(effects[1]).toBe('no wouldRestoreRevoked, cleared: Refused')
    expect(effects[3]).toBe('no settled, cleared: Refused')
    expect(accepted(world)).toEqual(['new1'])
  })
})

describe('revoke', () => {
  test('and its settle prove that the leaked value is dead and the new one is alive', async () => {
    const world = createRegisteredWorld()
    const registered = world.secrets.holderOf('AWSCURRENT')

    const { effects, tokens } = await live(world, 'revoke', 'settle')

    expect(effects).toEqual([
      'start > put new1 > move: Completed, Changed',
      'put new1 > complete > move: Revoked, Completed',
    ])
    expect(accepted(world)).toEqual(['new1'])
    expect(detailOf(world, 'Secret Revoked')).toMatchObject({
      intent: 'settle',
      requestToken: tokens[1],
      revokeToken: tokens[0],
      evidence: {
        slots: { current: 'n001', next: null },
        refused: [{ versionId: registered, lastFour: 'AAAA' }],
        accepted: {
          versionId: tokens[0],
          lastFour: 'n001',
          requestId: expect.any(String),
          provenAt: expect.any(String),
        },
      },
    })
  })

  test('during an overlap: both values that were valid before are proven dead', async () => {
    const world = createRegisteredWorld()

    const { effects } = await live(world, 'rotate', 'revoke', 'settle')

    expect(effects[1]).toBe('complete > start > put new2 > move: Completed, Changed')
    expect(provenDead(world)).toEqual(['n001', 'AAAA'])
    expect(accepted(world)).toEqual(['new2'])
  })

  test('after a rollback: both values that were valid before are proven dead', async () => {
    const world = createRegisteredWorld()

    const { effects } = await live(world, 'rotate', 'rollback', 'revoke', 'settle')

    expect(effects[2]).toBe('cancel > start > put new2 > move: Completed, Changed')
    expect(provenDead(world)).toEqual(['AAAA', 'n001'])
    expect(accepted(world)).toEqual(['new2'])
  })

  test('after a rotation that got stuck and was cleared: its stored value is proven dead too', async () => {
    const world = createRegisteredWorld()
    const stuck = tokenOf('rotate')
    world.secrets.rotateSecret(stuck)
    await world.step('createSecret', stuck)
    await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: stuck })

    const { effects } = await live(world, 'revoke', 'settle')

    expect(effects[0]).toBe('cancel > start > put new2 > move: Completed, Changed')
    expect(provenDead(world)).toEqual(['AAAA', 'n001'])
    expect(accepted(world)).toEqual(['new2'])
  })

  test('when somebody cancelled under us: the value that lived on is proven dead', async () => {
    const world = createRegisteredWorld()
    await live(world, 'rotate')
    world.client().next = null

    const { effects } = await live(world, 'revoke', 'settle')

    expect(effects[0]).toBe('start > put new2 > move: Completed, Changed')
    expect(provenDead(world)).toEqual(['n001', 'AAAA'])
    expect(accepted(world)).toEqual(['new2'])
  })

  test('in drift: what nobody stored dies as well', async () => {
    const world = createRegisteredWorld()
    Object.assign(world.client(), { current: valueNamed('X'), next: valueNamed('Y') })

    const { effects } = await live(world, 'revoke', 'settle')

    expect(effects[0]).toBe('cancel > start > put new1 > move: Completed, Changed')
    expect(accepted(world)).toEqual(['new1'])
    expect(provenDead(world)).toEqual(['AAAA'])
  })

  test('of a revoke: everything before it is dead, and its evidence says so', async () => {
    const world = createRegisteredWorld()

    await live(world, 'revoke', 'revoke', 'settle')

    expect(accepted(world)).toEqual(['new2'])
    expect(provenDead(world)).toEqual(['n001', 'AAAA'])
  })

  test('however many settles failed before it: what was valid is proven dead', async () => {
    const world = createRegisteredWorld()
    await live(world, 'rotate')
    for (let failed = 1; failed <= 30; failed += 1) {
      const settle = tokenOf('settle', world.timing.now())
      world.secrets.rotateSecret(settle)
      await world.step('createSecret', settle)
      await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: settle })
    }

    await live(world, 'revoke', 'settle')

    expect(provenDead(world)).toEqual(['n001', 'AAAA'])
  })

  /** A rotate that stored its value and got no further. */
  const giveUp = async (world: World): Promise<void> => {
    const given = tokenOf('rotate', world.timing.now())
    world.secrets.rotateSecret(given)
    await world.step('createSecret', given)
    await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: given })
  }
  const giveUpTimes = async (world: World, times: number): Promise<void> => {
    for (let time = 1; time <= times; time += 1) await giveUp(world)
  }

  test('however many rotates were refused before it, and left a version without a value: what was valid is proven dead', async () => {
    const world = createRegisteredWorld()
    await live(world, 'rotate')
    world.client().isActive = false
    for (let refusals = 1; refusals <= 60; refusals += 1) {
      await expect(world.rotate(tokenOf('rotate', world.timing.now()))).rejects.toThrow('the client is inactive')
    }
    world.client().isActive = true

    await live(world, 'revoke', 'settle')

    expect(provenDead(world)).toEqual(['n001', 'AAAA'])
  })

  test('however many attempts stored a value between the two that were valid: both are proven dead', async () => {
    const world = createRegisteredWorld()
    await giveUpTimes(world, 12)
    await live(world, 'rotate')
    const failed = tokenOf('settle', world.timing.now())
    world.secrets.rotateSecret(failed)
    await world.step('createSecret', failed)
    await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: failed })

    await live(world, 'revoke', 'settle')

    expect(provenDead(world)).toHaveLength(14)
    expect([provenDead(world).at(0), provenDead(world).at(-1)]).toEqual(['n013', 'AAAA'])
  })

  test('the one behind a settle, too', async () => {
    const world = createRegisteredWorld()
    await live(world, 'rotate', 'settle')
    await giveUpTimes(world, 8)

    await live(world, 'rotate', 'revoke', 'settle')

    expect(provenDead(world)).toHaveLength(10)
    expect([provenDead(world).at(0), provenDead(world).at(-1)]).toEqual(['n010', 'n001'])
  })

  test('of a secret with a long past, the newest six are tried: they reach behind a settle', async () => {
    const world = createRegisteredWorld()
    for (let period = 1; period <= 9; period += 1) await live(world, 'rotate', 'settle')

    await live(world, 'revoke', 'settle')

    expect(provenDead(world)).toEqual(['n009', 'n008', 'n007', 'n006', 'n005', 'n004'])
  })

  test('does not try what only stands for a value that is lost', async () => {
    const world = createRegisteredWorld()
    world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', { text: textOf(LOST_VALUE.reveal()) })

    await live(world, 'revoke', 'revoke', 'settle')

    expect(provenDead(world)).toEqual(['n001'])
    expect(accepted(world)).toEqual(['new2'])
  })

  test('tries twenty-five values at most, the newest', async () => {
    const world = createRegisteredWorld()
    await giveUpTimes(world, 30)

    await live(world, 'revoke', 'settle')

    expect(provenDead(world)).toHaveLength(25)
    expect(provenDead(world).slice(0, 3)).toEqual(['AAAA', 'n030', 'n029'])
  })

  test('reads a hundred versions at most', async () => {
    const world = createRegisteredWorld()
    await live(world, 'rotate')
    world.client().isActive = false
    for (let refusals = 1; refusals <= 120; refusals += 1) {
      await expect(world.rotate(tokenOf('rotate', world.timing.now()))).rejects.toThrow('the client is inactive')
    }
    world.client().isActive = true

    await live(world, 'revoke', 'settle')

    expect(provenDead(world)).toEqual(['n001'])
    expect(world.log.names().filter((name) => name === 'secrets.readValue')).toHaveLength(107)
  })

  test('a settle that failed on the way does not cost the next one its evidence', async () => {
    const world = createRegisteredWorld()
    await live(world, 'revoke')
    const failed = tokenOf('settle')
    world.secrets.rotateSecret(failed)
    for (const step of ['createSecret', 'setSecret', 'testSecret'] as const) await world.step(step, failed)
    await world.secrets.moveLabel({ secretId: SECRET_ARN, label: 'AWSPENDING', from: failed })

    await live(world, 'settle')

    expect(provenDead(world)).toEqual(['AAAA'])
  })
})

describe('one secret, one client', () => {
  const OTHER = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:m2m/test/thief-AbCdEf'

  test.each(['rotate', 'revoke', 'settle'] as const)('an unbound client is claimed by its first %s', async (intent) => {
    const world = createRegisteredWorld({ boundTo: undefined })

    const { effects } = await live(world, intent)

    expect(effects[0]).toMatch(/^bind > (start > put new1|put A) > move/)
    expect(world.client().boundTo).toBe(SECRET_ARN)
  })

  test('it is claimed only after its value was exchanged, and before anything else is changed', async () => {
    const world = createRegisteredWorld({ boundTo: undefined })

    await live(world, 'rotate')

    const asked = world.log.calls.filter(({ port }) => port === 'issuer').map(({ name }) => name)
    expect(asked.slice(0, 4)).toEqual(['look', 'exchange', 'bind', 'start'])
  })

  test.each(['rotate', 'revoke', 'settle', 'rollback'] as const)(
    'a %s for an unbound client whose value is refused proves nothing, and changes nothing',
    async (intent) => {
      const world = createRegisteredWorld({ boundTo: undefined, current: valueNamed('X') })

      const { effects } = await live(world, intent)

      expect(effects).toEqual(['no unproven, cleared: Refused'])
      expect(world.client()).toEqual({ current: valueNamed('X'), next: null, isActive: true, boundTo: undefined })
    },
  )

  test.each(['rotate', 'revoke', 'settle', 'rollback'] as const)(
    'a %s for a client that is bound to another secret is refused, and changes nothing',
    async (intent) => {
      const world = createRegisteredWorld({ boundTo: OTHER })

      const { effects } = await live(world, intent)

      expect(effects).toEqual(['no boundElsewhere, cleared: Refused'])
      expect(accepted(world)).toEqual(['A'])
    },
  )

  const steps = [
    ['settle', 'setSecret'],
    ['settle', 'finishSecret'],
    ['rollback', 'setSecret'],
    ['rotate', 'finishSecret'],
    ['rollback', 'finishSecret'],
  ] as const
  test.each(steps)('a %s whose client is bound away meanwhile stops at %s', async (intent, step) => {
    for (const boundTo of [OTHER, undefined]) {
      const world = createRegisteredWorld()
      await live(world, 'rotate')
      const token = tokenOf(intent, world.timing.now())
      world.secrets.rotateSecret(token)
      await world.step('createSecret', token)
      world.client().boundTo = boundTo

      const effect = await effectOf(world, () => world.step(step, token))

      // A copy is stored where it came from; a new value that Stytch accepts is not hidden.
      expect(effect).toBe(`no boundElsewhere, ${intent === 'rotate' ? 'kept' : 'cleared'}: Refused`)
    }
  })
})

describe('what is stored is not trusted', () => {
  const inactive = createRegisteredWorld({ isActive: false })
  const gone = createRegisteredWorld()
  gone.issuer.clients.clear()
  const placed = (text: string) => {
    const world = createRegisteredWorld()
    world.secrets.place(world.secrets.holderOf('AWSCURRENT') ?? '', { text })
    return world
  }

  test.each([
    ['an inactive client', inactive, 'no clientInactive, cleared: Refused'],
    ['a client that is gone', gone, 'no clientNotFound, cleared: Refused, Drift'],
    ['a value in another format', placed('canary'), 'no malformedSecret, cleared: Refused'],
    [
      'a value of another project',
      placed(textOf(valueNamed('A'), { project_id: 'project-test-9' })),
      'no otherProject, cleared: Refused',
    ],
  ])('%s stops a rotation before anything is changed', async (_what, world, expected) => {
    const { effects } = await live(world, 'rotate')

    expect(effects).toEqual([expected])
    expect(world.said()).not.toContain('canary')
  })

  test('a secret without AWSCURRENT is refused', async () => {
    const world = createRegisteredWorld()
    world.secrets.versions.clear()

    const { effects } = await live(world, 'rotate')

    expect(effects).toEqual(['no noCurrent, cleared: Refused'])
  })

  test('a past value that cannot be read, or is another client’s, stands in nobody’s way', async () => {
    for (const text of ['canary', textOf(valueNamed('A'), { client_id: 'm2m-client-test-other' })]) {
      const world = createRegisteredWorld()
      await live(world, 'rotate')
      world.secrets.place(world.secrets.holderOf('AWSPREVIOUS') ?? '', { text })

      const { effects } = await live(world, 'settle')

      expect(effects).toEqual(['put new1 > complete > move: Completed'])
    }
  })
})

describe('calls', () => {
  const countsOf = (world: World) => [world.log.count('secrets'), world.log.count('issuer')]

  // A planned switch asks for three acceptances, an urgent one for two.
  test.each([
    ['rotate', [9, 7]],
    ['revoke', [9, 6]],
  ] as const)('a fault-free %s makes %j calls to Secrets Manager and Stytch', async (intent, expected) => {
    for (const before of [[], ['rotate', 'settle']] as const) {
      const world = createRegisteredWorld()
      await live(world, ...before)

      await live(world, intent)

      expect(countsOf(world)).toEqual(expected)
    }
  })

  test.each([
    ['rotate', 'rotate', [10, 8]],
    ['revoke', 'rotate', [10, 7]],
    // The second look before a cancel: labels, slots, and whether anything is stored by now.
    ['rotate', 'rollback', [11, 9]],
    ['revoke', 'rollback', [11, 8]],
  ] as const)('a %s that ends the overlap of a %s first makes %j', async (intent, last, expected) => {
    const world = createRegisteredWorld()
    await live(world, ...(last === 'rotate' ? (['rotate'] as const) : (['rotate', 'rollback'] as const)))

    await live(world, intent)

    expect(countsOf(world)).toEqual(expected)
  })

  test('a fault-free rollback makes 13 and 6', async () => {
    const world = createRegisteredWorld()
    await live(world, 'rotate', 'rollback')

    expect(countsOf(world)).toEqual([13, 6])
  })

  // Three refusals of the value that lost, and one acceptance of the one that is left.
  test.each([
    [['rotate'], [13, 8]],
    [
      ['rotate', 'rollback'],
      [13, 9],
    ],
    [
      ['rotate', 'settle', 'rotate'],
      [13, 8],
    ],
  ] as const)('a fault-free settle after %j makes %j', async (before, expected) => {
    const world = createRegisteredWorld()
    await live(world, ...before, 'settle')

    expect(countsOf(world)).toEqual(expected)
  })

  test('the settle of a revoke pays for its evidence: a list, a read for each older value and its refusals, one exchange more', async () => {
    const world = createRegisteredWorld()
    await live(world, 'revoke', 'settle')
    const plain = countsOf(world)
    const during = createRegisteredWorld()
    await live(during, 'rotate', 'revoke', 'settle')

    expect(plain).toEqual([14, 9])
    expect(countsOf(during)).toEqual([15, 12])
  })
})

test('nothing that is said or thrown holds a value', async () => {
  const world = createRegisteredWorld()

  await live(world, 'rotate', 'rollback', 'settle', 'revoke', 'rollback', 'settle', 'rotate')

  expect(world.journal.entries.length).toBeGreaterThan(20)
  expect(world.said()).not.toContain('canary')
})

test('each step leaves one line in the journal, with its ids and how it ended', async () => {
  const world = createRegisteredWorld()

  const { tokens } = await live(world, 'rotate', 'settle', 'rollback')

  const about = { secret: SECRET_ARN, ms: expect.any(Number) }
  const done = (intent: string, at: number) =>
    ['createSecret', 'setSecret', 'testSecret', 'finishSecret'].map((step) => ({
      ...about,
      step,
      intent,
      requestToken: tokens[at],
      outcome: 'done',
    }))
  const refused = {
    ...about,
    step: 'createSecret',
    intent: 'rollback',
    requestToken: tokens[2],
    outcome: 'refused',
    reason: 'position',
    message: expect.stringContaining(CLIENT_ID),
  }
  expect(world.journal.entries).toEqual([...done('rotate', 0), ...done('settle', 1), refused])
})
