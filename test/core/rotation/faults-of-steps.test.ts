// The faults that the steps throw themselves: each has its code, may be retried, and is one sentence that names the client or its secret.
import { expect, test } from 'vitest'
import { Fault, type FaultCode } from '../../../lambda/core/base/fault.ts'
import { onceAt } from '../../fakes/call-log.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

const faultOf = async (run: () => Promise<unknown>): Promise<Fault> => {
  const error = await run().then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Fault) return error
  throw new Error('no fault was thrown')
}

const begun = async (intent: 'rotate' | 'settle'): Promise<{ world: World; token: string }> => {
  const world = createRegisteredWorld()
  if (intent === 'settle') await world.rotate(tokenOf('rotate'))
  const token = tokenOf(intent)
  world.secrets.rotateSecret(token)
  return { world, token }
}

const scenes: readonly (readonly [FaultCode, string, () => Promise<Fault>])[] = [
  [
    'TIME_TOO_SHORT',
    'Less than 10 s',
    async () => {
      const { world, token } = await begun('rotate')
      return faultOf(() => world.step('createSecret', token, 9999))
    },
  ],
  [
    'CONCURRENT_EXECUTION',
    'Two executions',
    async () => {
      const { world, token } = await begun('rotate')
      world.log.before.push(
        onceAt('secrets.putPending', () => {
          world.secrets.place(token, { text: textOf(valueNamed('Z')) })
        }),
      )
      return faultOf(() => world.step('createSecret', token))
    },
  ],
  [
    'STYTCH_OUTCOME_UNKNOWN',
    'did not come to rest',
    async () => {
      const { world, token } = await begun('rotate')
      world.issuer.losses.start.push('before', 'before', 'before', 'before', 'before')
      return faultOf(() => world.step('createSecret', token, 900_000))
    },
  ],
  [
    'STYTCH_OUTCOME_UNKNOWN',
    'is not settled',
    async () => {
      const { world, token } = await begun('settle')
      await world.step('createSecret', token)
      world.issuer.losses.complete.push('before', 'before', 'before', 'before')
      return faultOf(() => world.step('setSecret', token, 900_000))
    },
  ],
  [
    'STEP_OUT_OF_ORDER',
    'in position overlap',
    async () => {
      const { world, token } = await begun('settle')
      await world.step('createSecret', token)
      return faultOf(() => world.step('finishSecret', token))
    },
  ],
]

test.each(scenes)('%s: %s …', async (code, words, run) => {
  const fault = await run()

  expect(fault).toMatchObject({ code, retryable: true })
  expect(fault.message).toContain(words)
  expect([CLIENT_ID, SECRET_ARN].some((name) => fault.message.includes(name))).toBe(true)
  expect(fault.message).toMatch(/\.$/)
})
