// setSecret at its edges: AWSCURRENT that is no secret, what it does not exchange, and looks that are from before a next secret was asked for.
import { describe, expect, test } from 'vitest'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { valueNamed, type World } from '../../fakes/world.ts'
import * as lagging from './stale-seat.ts'
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

describe('a settle that finds nothing to end', () => {
  /** A next secret whose value died with who asked for it, and which the looks of these numbers do not show yet. */
  const loseNext = ({ issuer, client }: World, ...oldLooks: readonly number[]): void => {
    issuer.history.boundMs = DEPLOYED.readLagMs
    issuer.history.note()
    client().next = valueNamed('lost')
    for (const look of oldLooks) issuer.history.old.set(look, { ago: 1 })
  }

  test('looks twice, further apart than a look may be behind', async () => {
    const { world, token } = await lagging.standing([], 'settle', 'setSecret')

    expect(await lagging.does(world, 'setSecret', token)).toBe('nothing')
    expect(world.timing.waits).toEqual([DEPLOYED.readLagMs])
    expect(world.issuer.history.reads).toBe(2)
  })

  test.each([[[0]], [[0, 1]], [[0, 2]]])(
    'in looks %j, which are old, ends the next secret all the same',
    async (old) => {
      const { world, token } = await lagging.standing([], 'settle', 'setSecret')
      loseNext(world, ...old)

      expect(await lagging.does(world, 'setSecret', token)).toBe('cancel')
      expect(world.client().next).toBeNull()
      expect(lagging.isCurrentAccepted(world)).toBe(true)
    },
  )

  test('refuses when the second look shows a client that is another secret’s', async () => {
    const { world, token } = await lagging.standing([], 'settle', 'setSecret')
    world.timing.onWait.push(() => {
      world.client().boundTo = 'arn:aws:secretsmanager:eu-central-1:1:secret:b'
    })

    expect(await lagging.does(world, 'setSecret', token)).toBe('no boundElsewhere, cleared: Refused')
  })

  test('on services that are never behind looks once', async () => {
    const { world, token } = await standing('setSecret', 'settle', [])
    world.issuer.history.reads = 0

    expect(await does(world, 'setSecret', token)).toBe('nothing')
    expect(world.issuer.history.reads).toBe(1)
  })
})
