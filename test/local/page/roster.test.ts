// How the page keeps up with its clients: by count of what is looked at, not by time, and every state that a client can be in.
import { TagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { seedFleet } from '../../../bench/fleet/scale.ts'
import { shownStates } from '../../../lambda/core/clients/client-status.ts'
import { createNaming } from '../../../lambda/local/page/naming.ts'
import { createRoster, type RosterLaptop } from '../../../lambda/local/page/roster.ts'
import { createStytchStandIn } from '../../../lambda/local/stytch/stytch-stand-in.ts'
import { LAMBDA_ARN, startAws } from '../aws/aws-harness.ts'
import { fleetStates, putIntoStates } from './fleet-states.ts'

const STAGE = { secretNamePrefix: 'm2m/laptop/' }
const PROJECT = 'project-test-00000000-0000-4000-8000-000000000000'

/** With a clock that moves with every question, so that each look ends after the fewest that it may end after. */
const openRoster = async (clients: number) => {
  const { world, standIn, origin, secrets } = await startAws()
  const stytch = createStytchStandIn({ world, projectId: PROJECT, projectSecret: 'secret' })
  const looked: string[] = []
  const counted: RosterLaptop['aws'] = {
    ...standIn,
    peek: (secretId) => {
      looked.push(secretId)
      return standIn.peek(secretId)
    },
  }
  const address = { aws: origin, stytch: 'http://127.0.0.1:1', project_id: PROJECT, rotation_lambda_arn: LAMBDA_ARN }
  const part = {
    ...{ aws: counted, stytch, world, stage: STAGE, address: { ...address, region: 'us-east-1' } },
    settings: { hours: { periodHours: 1440, overlapHours: 24 } },
  }
  // What the roster, the naming and the fleet take of a laptop.
  const laptop = part as typeof part & Parameters<typeof seedFleet>[0] & Parameters<typeof putIntoStates>[0]
  seedFleet(laptop, clients)
  let at = 0
  const clock = (): number => {
    at += 1000
    return at
  }
  const roster = createRoster(laptop, createNaming(laptop), clock)
  const look = (): readonly string[] => {
    looked.length = 0
    roster.look()
    return [...looked]
  }
  return { roster, look, laptop, secrets }
}

test('a look is bounded, however many clients there are, and all have their turn', async () => {
  const { roster, look } = await openRoster(230)

  const looks = [look(), look(), look(), look(), look()]

  expect(looks.map(({ length }) => length)).toEqual([50, 50, 50, 50, 30])
  expect(new Set(looks.flat()).size).toBe(230)
  expect(roster.isCaughtUp()).toBe(true)
  expect(roster.takeChanges().changed).toHaveLength(230)
  expect(look()).toHaveLength(50)
  expect(roster.takeChanges()).toEqual({ changed: [], removed: [] })
})

test('what a call was about is looked at next, whoever has their turn', async () => {
  const { roster, look, secrets } = await openRoster(500)
  await roster.catchUp()
  roster.takeChanges()
  const SecretId = 'm2m/laptop/bench-000400'
  await secrets.send(
    new TagResourceCommand({ SecretId, Tags: [{ Key: 'm2m:held', Value: '2026-03-10T00:00:00.000Z' }] }),
  )

  expect(roster.isCaughtUp()).toBe(false)
  const [first] = look()

  expect(first).toBe(SecretId)
  expect(roster.isCaughtUp()).toBe(true)
  expect(roster.takeChanges().changed).toMatchObject([{ secretName: SecretId, state: 'held' }])
})

test('the list is the same array until a client differs, and after a reset nobody is left', async () => {
  const { roster, laptop } = await openRoster(60)
  await roster.catchUp()
  const before = roster.all()
  roster.look()
  expect(roster.all()).toBe(before)
  roster.takeChanges()

  laptop.world.reset()
  expect(roster.isCaughtUp()).toBe(false)
  await roster.catchUp()

  expect(roster.all()).toEqual([])
  expect(roster.takeChanges().removed).toHaveLength(60)
})

test('each state is seen as it is brought about', async () => {
  const { roster, laptop } = await openRoster(14)
  await putIntoStates(laptop)
  await roster.catchUp()

  const seen = new Map(roster.all().map(({ name, state }) => [name, state]))
  expect(shownStates.map((state) => seen.get(fleetStates[state]))).toEqual(shownStates)
})
