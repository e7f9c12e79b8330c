// setSecret at its edges: AWSCURRENT that is no secret, and what it does not exchange.
import { describe, expect, test } from 'vitest'
import type { World } from '../../fakes/world.ts'
import { countOf, does, standing } from './step-seat.ts'

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
    expect(countOf(world, 'issuer.exchange')).toBe(0)
  })
})
