// Tests of the tests: rules of architecture §3 are broken on purpose, and the crash runs must say so.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Rotation } from '../../lambda/usecases/rotation.ts'
import { begin } from './positions.ts'
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

test('a cancel where a complete is due is found', async () => {
  seat.tamper = (rotation) => ({
    ...rotation,
    issuer: { ...rotation.issuer, complete: rotation.issuer.cancel, cancel: rotation.issuer.complete },
  })

  const { violations } = await runPlan(seat, {
    intent: 'settle',
    beginning: 'overlap',
    kills: [],
    continuation: 'redriven',
  })

  expect(violations.join()).toContain('left AWSCURRENT refused')
})

test('a rollback after a revoke is found', async () => {
  const hideRevoke = ({ vault, ...rest }: Rotation): Rotation => ({
    ...rest,
    vault: {
      ...vault,
      describe: async (secretId) => {
        const state = await vault.describe(secretId)
        const isRevoke = (versionId: string): boolean => versionId.startsWith('revoke-')
        const labels = Object.fromEntries(
          Object.entries(state.labels).map(([id, stages]) => [
            isRevoke(id) ? id.replace('revoke-', 'rotate-') : id,
            stages,
          ]),
        )
        return { ...state, labels }
      },
      read: async (secretId, query) => {
        const version = await vault.read(secretId, query)
        return version && { ...version, versionId: version.versionId.replace('revoke-', 'rotate-') }
      },
      moveLabel: ({ from, ...move }) => vault.moveLabel({ ...move, from: from.replace('rotate-', 'revoke-') }),
    },
  })
  const plan = { intent: 'rollback', beginning: 'overlapAfterRevoke', kills: [], continuation: 'redriven' } as const
  const { violations: sound } = await runPlan(seat, plan)
  seat.world.reset()
  const subjectTamper = (rotation: Rotation, event: { ClientRequestToken: string }): Rotation =>
    event.ClientRequestToken.startsWith('rollback-') ? hideRevoke(rotation) : rotation
  seat.tamper = subjectTamper

  const { violations } = await runPlan(seat, plan)

  expect(sound).toEqual([])
  expect(violations.join()).toContain('brought a revoked value back')
})

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

test('a finish without a look is found: it switches to a value that a colleague has cancelled', async () => {
  const isSoundAccepted = await rotateWhileCancelled()
  seat.world.reset()
  seat.tamper = (rotation, event) =>
    event.Step === 'finishSecret'
      ? {
          ...rotation,
          issuer: {
            ...rotation.issuer,
            look: async (clientId) => {
              const view = await rotation.issuer.look(clientId)
              const pending = await rotation.vault.read(event.SecretId, { versionId: event.ClientRequestToken })
              const lastFour = (JSON.parse(pending?.text ?? '{}') as { client_secret: string }).client_secret.slice(-4)
              return view && { ...view, slots: { ...view.slots, next: lastFour } }
            },
          },
        }
      : rotation

  const isBrokenAccepted = await rotateWhileCancelled()

  expect(isSoundAccepted).toBe(true)
  expect(isBrokenAccepted).toBe(false)
})
