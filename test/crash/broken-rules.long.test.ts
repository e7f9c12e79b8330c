// Tests of the tests: rules of architecture §3 are broken on purpose, and the crash runs must say so – then the suites themselves, by the
// functions that `npm run torture` calls, in their short form.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Rotation } from '../../lambda/core/rotation/rotation.ts'
import { describeOrThrow } from '../../lambda/core/rotation/rotation.ts'
import type { ClientSecret } from '../../lambda/core/secret/client-secret.ts'
import { runCrashes } from './crash-runs.ts'
import { runFaults } from './fault-runs.ts'
import { begin } from './positions.ts'
import type { ActName } from './race-acts.ts'
import { runCollisions } from './race-collisions.ts'
import { runRace, runRaces } from './race-runs.ts'
import { runPlan } from './run.ts'
import { createSeat, isCurrentAccepted, rotateSecret, type Seat, undisturbed } from './seat.ts'

let seat: Seat
beforeAll(async () => {
  seat = await createSeat()
})
afterAll(() => seat.close())
beforeEach(() => {
  seat.world.reset()
  seat.tamper = (rotation) => rotation
})

/** Cancels where a complete is due, and the other way round. */
const swapped = (rotation: Rotation): Rotation => ({
  ...rotation,
  issuer: { ...rotation.issuer, complete: rotation.issuer.cancel, cancel: rotation.issuer.complete },
})

test('a cancel where a complete is due is found', async () => {
  seat.tamper = swapped

  const { violations } = await runPlan(seat, {
    intent: 'settle',
    beginning: 'overlap',
    kills: [],
    continuation: 'redriven',
  })

  expect(violations.join()).toContain('left AWSCURRENT refused')
})

/** Shows a version that a revoke has made as one of a rotate. */
const hideRevoke = ({ secrets, ...rest }: Rotation): Rotation => ({
  ...rest,
  secrets: {
    ...secrets,
    describe: async (secretId) => {
      const state = await describeOrThrow(secrets, secretId)
      const labels = Object.fromEntries(
        Object.entries(state.labels).map(([id, stages]) => [id.replace('revoke-', 'rotate-'), stages]),
      )
      return { ...state, labels }
    },
    readValue: async (secretId, { versionId, ...query } = {}) => {
      const id = versionId === undefined ? {} : { versionId: versionId.replace('rotate-', 'revoke-') }
      const version = await secrets.readValue(secretId, { ...query, ...id })
      return version && { ...version, versionId: version.versionId.replace('revoke-', 'rotate-') }
    },
    moveLabel: ({ from, ...move }) => secrets.moveLabel({ ...move, from: from.replace('rotate-', 'revoke-') }),
  },
})
const forgetful: Seat['tamper'] = (rotation, event) =>
  event.ClientRequestToken.startsWith('rollback-') ? hideRevoke(rotation) : rotation

test('a rollback after a revoke is found', async () => {
  const plan = { intent: 'rollback', beginning: 'overlapAfterRevoke', kills: [], continuation: 'redriven' } as const
  const { violations: sound } = await runPlan(seat, plan)
  seat.world.reset()
  seat.tamper = forgetful

  const { violations } = await runPlan(seat, plan)

  expect(sound).toEqual([])
  expect(violations.join()).toContain('brought a revoked value back')
})

/** Its last look before a switch always shows the pending value in the next slot. */
const credulous: Seat['tamper'] = (rotation, event) => {
  if (event.Step !== 'finishSecret' || event.ClientRequestToken.startsWith('settle-')) return rotation
  const look: Rotation['issuer']['look'] = async (clientId) => {
    const view = await rotation.issuer.look(clientId)
    const pending = await rotation.secrets.readValue(event.SecretId, { versionId: event.ClientRequestToken })
    const value = (JSON.parse(pending?.text ?? '{}') as { client_secret?: string }).client_secret
    return view && { ...view, slots: { ...view.slots, next: value?.slice(-4) ?? null } }
  }
  const exchange: Rotation['issuer']['exchange'] = async () => ({ accepted: true, requestId: 'request-id-credulous' })
  return { ...rotation, issuer: { ...rotation.issuer, look, exchange } }
}

const rotateWhileCancelled = async (): Promise<boolean> => {
  const subject = await begin(seat, 'settled')
  const run = undisturbed(seat)
  seat.onInvoke = async (event) => {
    if (event.Step === 'finishSecret') seat.stytch.dashboard.rotateCancel(subject.clientId)
    return run(event)
  }
  await rotateSecret(seat, subject, 'rotate')
  return isCurrentAccepted(seat, subject)
}

test('a finish that neither looks nor asks is found: it switches to a value that a colleague has cancelled', async () => {
  const isSoundAccepted = await rotateWhileCancelled()
  seat.world.reset()
  seat.tamper = credulous

  const isBrokenAccepted = await rotateWhileCancelled()

  expect(isSoundAccepted).toBe(true)
  expect(isBrokenAccepted).toBe(false)
})

/** Keeps a new value that ends like the one beside it (docs/decisions/007): it seems to end in another way. */
const careless = (rotation: Rotation): Rotation => ({
  ...rotation,
  issuer: {
    ...rotation.issuer,
    start: async (clientId) => {
      const reply = await rotation.issuer.start(clientId)
      if (reply.outcome !== 'started') return reply
      const secret: ClientSecret = { ...reply.secret, mark: 'none' }
      return { ...reply, secret }
    },
  },
})

/** Heeds the secret once: what is retired rests on the labels that were seen first, and on what was stored then. */
const looksAtSecretOnce: Seat['tamper'] = (rotation) => {
  const { secrets } = rotation
  let first: Awaited<ReturnType<typeof secrets.describe>> | undefined
  const values = new Map<string | undefined, Awaited<ReturnType<typeof secrets.readValue>>>()
  return {
    ...rotation,
    secrets: {
      ...secrets,
      describe: async (secretId) => {
        const state = await secrets.describe(secretId)
        first ??= state
        return first
      },
      readValue: async (secretId, query) => {
        const value = await secrets.readValue(secretId, query)
        if (!values.has(query?.versionId)) values.set(query?.versionId, value)
        return values.get(query?.versionId)
      },
    },
  }
}

describe('the suites of the torture find', () => {
  const short = { long: false } as const
  const one = { everyContinuation: false, doubleEvery: 0 } as const
  /** The act before every call of one rotate: the short form of the races takes one call in five. */
  const raceEveryCall = async (act: ActName) => {
    const violations: string[] = []
    for (let at = 0, isHeld = true; isHeld; at += 1) {
      const result = await runRace(seat, { intent: 'rotate', beginning: 'settled', act, at })
      violations.push(...result.violations)
      isHeld = result.heldBefore !== undefined
    }
    return { violations }
  }
  interface Suite {
    readonly rule: string
    readonly tamper: Seat['tamper']
    readonly by: string
    readonly run: () => Promise<{ readonly violations: readonly string[] }>
    readonly finding: string
  }
  const suites: readonly Suite[] = [
    {
      rule: 'a rollback after a revoke',
      tamper: forgetful,
      by: 'crashes',
      run: () => runCrashes(seat, { ...one, intents: ['rollback'], beginnings: ['overlapAfterRevoke'] }),
      finding: 'brought a revoked value back',
    },
    {
      rule: 'a cancel where a complete is due',
      tamper: swapped,
      by: 'faults',
      run: () => runFaults(seat, { intents: ['settle'], beginnings: ['overlap'], everyFault: false, outages: false }),
      finding: 'left AWSCURRENT refused',
    },
    {
      rule: 'a cancel where a complete is due',
      tamper: swapped,
      by: 'races',
      run: () => runRaces(seat, { ...short, acts: ['askRotate'] }),
      finding: 'outside every window',
    },
    {
      rule: 'a finish that neither looks nor asks',
      tamper: credulous,
      by: 'races',
      run: () => raceEveryCall('colleagueCancels'),
      finding: 'outside every window',
    },
    {
      rule: 'a slot that is retired without another look at the secret',
      tamper: looksAtSecretOnce,
      by: 'races',
      run: () => raceEveryCall('overtake'),
      finding: 'outside every window',
    },
    {
      rule: 'a cancel where a complete is due',
      tamper: swapped,
      by: 'collisions',
      run: () => runCollisions(seat, { ...short, scenes: ['V/C'] }),
      finding: 'killed AWSCURRENT',
    },
    {
      rule: 'a new value that is kept beside its like',
      tamper: careless,
      by: 'collisions',
      run: () => runCollisions(seat, { ...short, scenes: ['C'] }),
      finding: 'killed AWSCURRENT',
    },
  ]

  test.each(suites)('$rule, by $by', async ({ tamper, run, finding }) => {
    seat.tamper = tamper

    const { violations } = await run()

    expect(violations.join('\n')).toContain(finding)
  })
})
