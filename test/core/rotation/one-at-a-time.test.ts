// Each step is worked on by one execution at a time, and what is switched to is accepted at that moment.
import { describe, expect, test } from 'vitest'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import type { KeptRecords } from '../../../lambda/core/rotation/records.ts'
import { steps } from '../../../lambda/core/rotation/refusal.ts'
import { runStep } from '../../../lambda/core/rotation/run-step.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createRegisteredWorld, tokenOf } from '../../fakes/world.ts'

const recordsOf = (held: { by: string | undefined }, asked: string[]): KeptRecords => ({
  kind: 'kept',
  holder: 'this execution',
  lease: {
    take: async (_secretArn, holder) => {
      asked.push('take')
      if (held.by !== undefined && held.by !== holder) return 'held'
      held.by = holder
      return 'taken'
    },
    release: async () => {
      asked.push('release')
      held.by = undefined
    },
  },
  versions: {
    noteVersion: async () => {},
    noteSwitch: async () => {},
    noteAccepted: async () => {},
    noteLost: async () => {},
    noteRefused: async () => {},
    read: async () => [],
  },
})

describe('the lease', () => {
  test.each(steps)('that another execution holds keeps %s from doing anything', async (step) => {
    const world = createRegisteredWorld()
    const token = tokenOf('rotate')
    world.secrets.rotateSecret(token)
    const records = recordsOf({ by: 'another execution' }, [])
    world.log.clear()

    const running = runStep(
      { ...world.rotation, records, bounds: DEPLOYED },
      { step, secretId: SECRET_ARN, requestToken: token },
    )

    await expect(running).rejects.toMatchObject({ code: 'CONCURRENT_EXECUTION', retryable: true })
    expect(world.log.names()).toEqual([])
  })

  test('is taken for longer than the function can still run', async () => {
    const world = createRegisteredWorld()
    const token = tokenOf('rotate')
    world.secrets.rotateSecret(token)
    const records = recordsOf({ by: undefined }, [])
    const untils: number[] = []
    const take = async (_secretArn: string, _holder: string, untilMs: number) => {
      untils.push(untilMs - world.timing.now() - world.timing.remainingMs())
      return 'taken' as const
    }
    const rotation = { ...world.rotation, records: { ...records, lease: { ...records.lease, take } }, bounds: DEPLOYED }

    await runStep(rotation, { step: 'createSecret', secretId: SECRET_ARN, requestToken: token })

    expect(untils).toEqual([5000])
  })

  test('is held while a refused step takes its AWSPENDING away, and given back', async () => {
    const world = createRegisteredWorld()
    const token = tokenOf('settle')
    world.secrets.rotateSecret(token)
    world.secrets.place('by hand', { text: world.secrets.versions.get(token)?.text ?? '{}', labels: ['AWSCURRENT'] })
    const held: { by: string | undefined } = { by: undefined }
    const asked: string[] = []
    const holders: (string | undefined)[] = []
    world.log.before.push(({ name }) => {
      if (name === 'moveLabel') holders.push(held.by)
    })
    const rotation = { ...world.rotation, records: recordsOf(held, asked), bounds: DEPLOYED }

    const running = runStep(rotation, { step: 'createSecret', secretId: SECRET_ARN, requestToken: token })

    await expect(running).rejects.toMatchObject({ refusal: { reason: 'currentMoved' } })
    expect(holders).toEqual(['this execution'])
    expect(asked).toEqual(['take', 'release'])
  })
})

test.each(['rotate', 'revoke', 'rollback'] as const)(
  '%s: a finish that comes before the test moves AWSCURRENT to no value that is refused',
  async (intent) => {
    const world = createRegisteredWorld()
    if (intent === 'rollback') await world.rotate(tokenOf('rotate'))
    const before = world.secrets.holderOf('AWSCURRENT')
    const token = tokenOf(intent)
    world.secrets.rotateSecret(token)
    await world.step('createSecret', token)
    const { exchange } = world.issuer
    Object.assign(world.issuer, {
      exchange: async () => ({ accepted: false, status: 401, error: 'invalid_client', requestId: 'request-1' }),
    })

    await expect(world.step('finishSecret', token)).rejects.toMatchObject({ code: 'PENDING_REFUSED', retryable: true })

    expect(world.secrets.holderOf('AWSCURRENT')).toBe(before)
    expect(world.secrets.holderOf('AWSPENDING')).toBe(token)
    Object.assign(world.issuer, { exchange })
    await world.step('finishSecret', token)
    expect(world.secrets.holderOf('AWSCURRENT')).toBe(token)
  },
)
