// setSecret at its edges: AWSCURRENT that is no secret, and what it does not exchange.
import { describe, expect, test } from 'vitest'
import { type Step, steps } from '../../../lambda/core/rotation/refusal.ts'
import type { Intent } from '../../../lambda/core/secret/request-token.ts'
import { effectOf } from '../../fakes/effect.ts'
import { createRegisteredWorld, tokenOf, type World } from '../../fakes/world.ts'

const does = (world: World, step: Step, token: string, remainingMs?: number) =>
  effectOf(world, () => world.step(step, token, remainingMs))
const upTo = (last: Step): readonly Step[] => steps.slice(0, steps.indexOf(last))
/** A world in which these are finished, and this one stands before a step. */
const standing = async (step: Step, intent: Intent, finished: readonly Intent[] = []) => {
  const world = createRegisteredWorld()
  for (const each of finished) await world.rotate(tokenOf(each))
  const token = tokenOf(intent)
  world.secrets.rotateSecret(token)
  for (const each of upTo(step)) await world.step(each, token)
  world.log.clear()
  return { world, token }
}
const count = ({ log }: World, name: string): number => log.names().filter((each) => each === name).length

describe('what a label carries by the time it is read', () => {
  const spoil = ({ secrets }: World, label: string, text: string): void => {
    secrets.place(secrets.holderOf(label) ?? '', { text })
  }

  test.each([['setSecret', 'settle', 'cleared']] as const)(
    'is no secret: %s of a %s refuses AWSCURRENT’s, AWSPENDING %s',
    async (step, intent, pending) => {
      const { world, token } = await standing(step, intent, ['rotate'])
      spoil(world, 'AWSCURRENT', 'canary')

      expect(await does(world, step, token)).toBe(`no malformedSecret, ${pending}: Refused`)
      expect(world.said()).toContain('the value of AWSCURRENT is not')
    },
  )
})

describe('what is read', () => {
  test('to refuse a settle exchanges nothing: its copy is AWSCURRENT', async () => {
    const { world, token } = await standing('setSecret', 'settle', ['rotate'])
    world.client().boundTo = 'arn:aws:secretsmanager:eu-central-1:1:secret:b'

    expect(await does(world, 'setSecret', token)).toBe('no boundElsewhere, cleared: Refused')
    expect(count(world, 'issuer.exchange')).toBe(0)
  })
})
