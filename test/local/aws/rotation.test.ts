// Contract: RotateSecret and what the service does after it, with a rotation function in process.
import {
  CancelRotateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  type RotateSecretCommandInput,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import type { RotationEvent } from '../../../lambda/local/aws/rotation-driver.ts'
import {
  type Aws,
  createSecret,
  errorName,
  LAMBDA_ARN,
  labels,
  NOON,
  startAws,
  startRotatingAws,
  tokenOf,
} from './aws-harness.ts'

const A = tokenOf('a')
const B = tokenOf('b')
const FOUR_STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret']

const stepsOf = (events: readonly RotationEvent[]): string[] => events.map(({ Step }) => Step)

const outcomesOf = (aws: Aws, token: string): string[] =>
  aws.standIn.rotationOutcomes().flatMap((one) => (one.token === token ? [one.outcome] : []))

const clearPending = (aws: Aws, token: string) =>
  aws.secrets.send(
    new UpdateSecretVersionStageCommand({ SecretId: 's', VersionStage: 'AWSPENDING', RemoveFromVersionId: token }),
  )

const rotate = (aws: Aws, more: Partial<RotateSecretCommandInput> = {}) =>
  aws.secrets.send(
    new RotateSecretCommand({ SecretId: 's', ClientRequestToken: A, RotationLambdaARN: LAMBDA_ARN, ...more }),
  )

/** Resolves when the returned function is called; for holding a step up. */
const createGate = (): { readonly passed: Promise<void>; readonly open: () => void } => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { passed: promise, open: resolve }
}

/** A rotation under way, held before what its function does in `step`. */
const startHeld = async (step = 'setSecret') => {
  const aws = await startRotatingAws()
  const { versionId } = await createSecret(aws, 's')
  const held = createGate()
  const gate = createGate()
  aws.fn.before(async ({ Step }) => {
    if (Step !== step) return undefined
    held.open()
    await gate.passed
    return undefined
  })
  await rotate(aws)
  await held.passed
  return { aws, versionId, release: gate.open }
}

describe('a rotation', () => {
  it('runs the four steps with the full ARN and one token, and ends with AWSCURRENT on the new version', async () => {
    const aws = await startRotatingAws()
    const { arn, versionId } = await createSecret(aws, 's')

    const reply = await rotate(aws)
    await aws.standIn.idle()

    expect(reply).toMatchObject({ ARN: arn, Name: 's', VersionId: A })
    expect(stepsOf(aws.fn.events)).toEqual(FOUR_STEPS)
    for (const event of aws.fn.events) {
      expect(Object.keys(event)).toEqual(['Step', 'SecretId', 'ClientRequestToken', 'RotationToken'])
      expect(event).toMatchObject({ SecretId: arn, ClientRequestToken: A })
      expect(event.RotationToken).toMatch(/^[a-zA-Z0-9-]{36,256}$/)
    }
    expect(new Set(aws.fn.events.map(({ RotationToken }) => RotationToken)).size).toBe(1)
    expect(labels(aws, 's')).toEqual({ [versionId]: 'AWSPREVIOUS', [A]: 'AWSCURRENT' })
    expect(aws.standIn.rotationOutcomes()).toEqual([
      { secretId: arn, token: A, outcome: 'started', at: NOON },
      { secretId: arn, token: A, outcome: 'succeeded', at: NOON },
    ])
    const described = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 's' }))
    expect(described).toMatchObject({
      RotationEnabled: true,
      RotationLambdaARN: LAMBDA_ARN,
      LastRotatedDate: new Date(NOON),
    })
  })

  it('has its pending version on record, without a value, before the first step runs', async () => {
    const aws = await startRotatingAws()
    const { versionId } = await createSecret(aws, 's')
    const gate = createGate()
    aws.fn.before(async () => {
      await gate.passed
      return undefined
    })

    await rotate(aws)

    expect(labels(aws, 's')).toEqual({ [versionId]: 'AWSCURRENT', [A]: 'AWSPENDING' })
    const read = aws.secrets.send(
      new GetSecretValueCommand({ SecretId: 's', VersionId: A, VersionStage: 'AWSPENDING' }),
    )
    expect(await errorName(read)).toBe('ResourceNotFoundException')
    gate.open()
    await aws.standIn.idle()
  })

  it('can leave RotationToken out', async () => {
    const aws = await startRotatingAws({ settings: { sendRotationToken: false } })
    await createSecret(aws, 's')

    await rotate(aws)
    await aws.standIn.idle()

    expect(Object.keys(aws.fn.events[0] ?? {})).toEqual(['Step', 'SecretId', 'ClientRequestToken'])
  })

  it('is driven again from createSecret with the same token when a step fails', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')
    let failures = 1
    aws.fn.before(({ Step }) => (Step === 'testSecret' && failures-- > 0 ? 'not yet' : undefined))

    await rotate(aws)
    await aws.standIn.idle()

    expect(stepsOf(aws.fn.events)).toEqual(['createSecret', 'setSecret', 'testSecret', ...FOUR_STEPS])
    expect(new Set(aws.fn.events.map(({ ClientRequestToken }) => ClientRequestToken))).toEqual(new Set([A]))
    expect(outcomesOf(aws, A)).toEqual(['started', 'succeeded'])
  })

  it('waits the spacing between drives', async () => {
    const waits: number[] = []
    const aws = await startRotatingAws({
      settings: { redriveSpacingMs: 3_600_000 },
      sleep: async (ms) => {
        waits.push(ms)
      },
    })
    await createSecret(aws, 's')
    aws.fn.before(() => 'never')

    await rotate(aws)
    await aws.standIn.idle()

    expect(waits).toEqual([3_600_000, 3_600_000])
  })

  it('is given up after redriveCount, leaves AWSPENDING, and blocks RotateSecret until that is cleared', async () => {
    const aws = await startRotatingAws()
    const { versionId } = await createSecret(aws, 's')
    aws.fn.before(({ Step }) => (Step === 'createSecret' ? 'never' : undefined))
    await rotate(aws)
    await aws.standIn.idle()
    const drives = aws.fn.events.length
    aws.fn.before(() => undefined)

    const blocked = rotate(aws, { ClientRequestToken: B })
    await expect(blocked).rejects.toMatchObject({
      name: 'InvalidRequestException',
      message: "A previous rotation isn't complete. That rotation will be reattempted.",
    })
    const stuck = labels(aws, 's')
    await clearPending(aws, A)
    await rotate(aws, { ClientRequestToken: B })
    await aws.standIn.idle()

    expect(drives).toBe(3)
    expect(stuck).toEqual({ [versionId]: 'AWSCURRENT', [A]: 'AWSPENDING' })
    expect(outcomesOf(aws, A)).toEqual(['started', 'failed'])
    expect(outcomesOf(aws, B)).toEqual(['started', 'succeeded'])
  })

  it('counts as failed when all steps succeed but AWSCURRENT did not move', async () => {
    const aws = await startAws({ invoke: async () => ({ ok: true }), settings: { redriveCount: 0 } })
    await createSecret(aws, 's')

    await rotate(aws)
    await aws.standIn.idle()

    expect(outcomesOf(aws, A)).toEqual(['started', 'failed'])
    expect(aws.standIn.peek('s')?.rotation?.lastRotatedAt).toBeUndefined()
  })

  it('fails when the function cannot be run at all', async () => {
    const aws = await startAws({ invoke: () => Promise.reject(new Error('gone')), settings: { redriveCount: 0 } })
    await createSecret(aws, 's')

    await rotate(aws)
    await aws.standIn.idle()

    expect(outcomesOf(aws, A)).toEqual(['started', 'failed'])
  })

  it('is not driven again once its version has lost AWSPENDING', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')
    aws.fn.before(async ({ Step }) => {
      if (Step !== 'setSecret') return undefined
      await clearPending(aws, A)
      return 'refused for good'
    })

    await rotate(aws)
    await aws.standIn.idle()

    expect(stepsOf(aws.fn.events)).toEqual(['createSecret', 'setSecret'])
    expect(outcomesOf(aws, A)).toEqual(['started', 'failed'])
  })

  it('can be set to be driven again all the same', async () => {
    const aws = await startRotatingAws({ settings: { redriveUnlabelled: true, redriveCount: 1 } })
    await createSecret(aws, 's')
    aws.fn.before(async ({ Step }) => {
      if (Step !== 'setSecret') return undefined
      if (labels(aws, 's')[A] === 'AWSPENDING') await clearPending(aws, A)
      return 'refused for good'
    })

    await rotate(aws)
    await aws.standIn.idle()

    expect(stepsOf(aws.fn.events)).toEqual(['createSecret', 'setSecret', 'createSecret', 'setSecret'])
  })

  it('is driven again when the function died after it had moved AWSCURRENT', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')
    let deaths = 1
    aws.fn.before(async ({ Step }) => {
      if (Step !== 'finishSecret' || deaths-- <= 0) return undefined
      const current = aws.standIn.peek('s')?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
      await aws.secrets.send(
        new UpdateSecretVersionStageCommand({
          SecretId: 's',
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: A,
          RemoveFromVersionId: current?.id,
        }),
      )
      return 'killed'
    })

    await rotate(aws)
    await aws.standIn.idle()

    expect(stepsOf(aws.fn.events)).toEqual([...FOUR_STEPS, ...FOUR_STEPS])
    expect(outcomesOf(aws, A)).toEqual(['started', 'succeeded'])
  })
})

describe('two rotations of one secret', () => {
  it('never run at once: what is asked for while finishSecret still runs waits its turn', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')
    const moved = createGate()
    const gate = createGate()
    aws.fn.before(async (event) => {
      if (event.Step !== 'finishSecret' || event.ClientRequestToken !== A) return undefined
      const current = aws.standIn.peek('s')?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))
      await aws.secrets.send(
        new UpdateSecretVersionStageCommand({
          SecretId: 's',
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: A,
          RemoveFromVersionId: current?.id,
        }),
      )
      moved.open()
      await gate.passed
      return undefined
    })
    await rotate(aws)
    await moved.passed

    await rotate(aws, { ClientRequestToken: B })
    const stepsBefore = aws.fn.events.length
    gate.open()
    await aws.standIn.idle()

    expect(stepsBefore).toBe(4)
    expect(aws.fn.events.slice(4).map(({ ClientRequestToken }) => ClientRequestToken)).toEqual([B, B, B, B])
    expect(labels(aws, 's')[A]).toBe('AWSPREVIOUS')
    expect(labels(aws, 's')[B]).toBe('AWSCURRENT')
  })

  it('are refused while the first is under way', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')
    const gate = createGate()
    aws.fn.before(async () => {
      await gate.passed
      return undefined
    })
    await rotate(aws)

    const other = await errorName(rotate(aws, { ClientRequestToken: B, RotationRules: { AutomaticallyAfterDays: 9 } }))
    const same = await errorName(rotate(aws))
    gate.open()
    await aws.standIn.idle()

    expect([other, same]).toEqual(['InvalidRequestException', 'InvalidRequestException'])
    expect(aws.standIn.peek('s')?.rotation?.rules).toBeUndefined()
  })
})

describe('the cleanup of AWSPENDING', () => {
  it('can come later', async () => {
    const cleanup = createGate()
    const aws = await startRotatingAws({ settings: { pendingCleanup: 'later' }, sleep: () => cleanup.passed })
    await createSecret(aws, 's')

    await rotate(aws)
    await aws.standIn.idle()
    const before = labels(aws, 's')[A]
    cleanup.open()
    await new Promise((resolve) => setImmediate(resolve))

    expect(before).toBe('AWSCURRENT AWSPENDING')
    expect(labels(aws, 's')[A]).toBe('AWSCURRENT')
  })

  it('can never come, which does not block the next rotation', async () => {
    const aws = await startRotatingAws({ settings: { pendingCleanup: 'never' } })
    await createSecret(aws, 's')
    await rotate(aws)
    await aws.standIn.idle()
    const before = labels(aws, 's')[A]

    await rotate(aws, { ClientRequestToken: B })
    await aws.standIn.idle()

    expect(before).toBe('AWSCURRENT AWSPENDING')
    expect(labels(aws, 's')).toMatchObject({ [A]: 'AWSPREVIOUS', [B]: 'AWSCURRENT AWSPENDING' })
  })
})

describe('RotateSecret refuses', () => {
  it('a secret that has no rotation function', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')

    const sent = aws.secrets.send(new RotateSecretCommand({ SecretId: 's' }))

    await expect(sent).rejects.toMatchObject({ name: 'InvalidRequestException' })
    expect(aws.standIn.peek('s')?.rotation).toBeUndefined()
  })

  it('a secret that is scheduled for deletion', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')
    await aws.secrets.send(new DeleteSecretCommand({ SecretId: 's' }))

    expect(await errorName(rotate(aws))).toBe('InvalidRequestException')
  })

  it('a secret that is not there', async () => {
    const aws = await startRotatingAws()

    expect(await errorName(rotate(aws))).toBe('ResourceNotFoundException')
  })
})

describe('a token whose version exists', () => {
  const startRotated = async (usedToken: 'refuse' | 'redrive' | 'ignore') => {
    const aws = await startRotatingAws({ settings: { usedToken } })
    await createSecret(aws, 's')
    await rotate(aws)
    await aws.standIn.idle()
    aws.fn.events.splice(0)
    return aws
  }

  it('is refused by default', async () => {
    const aws = await startRotated('refuse')

    expect(await errorName(rotate(aws))).toBe('InvalidRequestException')
    expect(aws.fn.events).toEqual([])
  })

  it('can be driven again', async () => {
    const aws = await startRotated('redrive')

    await rotate(aws)
    await aws.standIn.idle()

    expect(stepsOf(aws.fn.events)).toEqual(FOUR_STEPS)
    expect(outcomesOf(aws, A)).toEqual(['started', 'succeeded', 'started', 'succeeded'])
  })

  it('can be ignored with a success', async () => {
    const aws = await startRotated('ignore')

    const reply = await rotate(aws)
    await aws.standIn.idle()

    expect(reply.VersionId).toBe(A)
    expect(aws.fn.events).toEqual([])
  })

  it('set to redrive, drives a stuck rotation again and joins one that is under way', async () => {
    const aws = await startRotatingAws({ settings: { usedToken: 'redrive', redriveCount: 0 } })
    await createSecret(aws, 's')
    aws.fn.before(() => 'never')
    await rotate(aws)
    await aws.standIn.idle()
    aws.fn.before(() => undefined)

    await rotate(aws)
    await rotate(aws)
    await aws.standIn.idle()

    expect(outcomesOf(aws, A)).toEqual(['started', 'failed', 'started', 'succeeded'])
  })
})

describe('RotateImmediately=false', () => {
  it.each([
    ['absent', undefined],
    ['current', 'value of s'],
  ] as const)(
    'runs testSecret alone, with a pending version whose value is %s, and removes it',
    async (dryRunValue, value) => {
      const aws = await startRotatingAws({ settings: { dryRunValue } })
      const { versionId } = await createSecret(aws, 's')
      const seen: Array<string | undefined> = []
      aws.fn.before(({ ClientRequestToken }) => {
        seen.push(labels(aws, 's')[ClientRequestToken])
        seen.push(aws.standIn.peek('s')?.versions.find(({ id }) => id === ClientRequestToken)?.value)
        return undefined
      })

      await rotate(aws, { RotateImmediately: false, RotationRules: { AutomaticallyAfterDays: 30 } })
      await aws.standIn.idle()

      expect(stepsOf(aws.fn.events)).toEqual(['testSecret'])
      expect(seen).toEqual(['AWSPENDING', value])
      expect(labels(aws, 's')).toEqual({ [versionId]: 'AWSCURRENT' })
      expect(outcomesOf(aws, A)).toEqual(['test-succeeded'])
      expect(aws.standIn.peek('s')?.rotation).toMatchObject({ isEnabled: true, rules: { AutomaticallyAfterDays: 30 } })
      expect(aws.standIn.peek('s')?.rotation?.lastRotatedAt).toBeUndefined()
    },
  )

  it('tells a failed test, once, and leaves nothing behind', async () => {
    const aws = await startRotatingAws()
    const { versionId } = await createSecret(aws, 's')
    aws.fn.before(() => 'no')

    await rotate(aws, { RotateImmediately: false })
    await aws.standIn.idle()

    expect(aws.fn.events).toHaveLength(1)
    expect(outcomesOf(aws, A)).toEqual(['test-failed'])
    expect(labels(aws, 's')).toEqual({ [versionId]: 'AWSCURRENT' })
  })
})

describe('a version that comes by hand during a rotation', () => {
  it.each([
    ['PutSecretValue', new PutSecretValueCommand({ SecretId: 's', SecretString: 'by hand', ClientRequestToken: B })],
    ['UpdateSecret', new UpdateSecretCommand({ SecretId: 's', SecretString: 'by hand', ClientRequestToken: B })],
  ])('by %s abandons it: AWSPENDING goes, no further step runs', async (_name, command) => {
    const { aws, release } = await startHeld()

    await (command instanceof PutSecretValueCommand ? aws.secrets.send(command) : aws.secrets.send(command))
    const after = labels(aws, 's')
    release()
    await aws.standIn.idle()

    expect(after[A]).toBe('')
    expect(after[B]).toBe('AWSCURRENT')
    expect(stepsOf(aws.fn.events)).toEqual(['createSecret', 'setSecret'])
    expect(outcomesOf(aws, A)).toEqual(['started', 'abandoned'])
  })

  it('does not abandon it when AWSCURRENT stays where it is', async () => {
    const { aws, release } = await startHeld()

    await aws.secrets.send(
      new PutSecretValueCommand({ SecretId: 's', SecretString: 'x', ClientRequestToken: B, VersionStages: ['mine'] }),
    )
    release()
    await aws.standIn.idle()

    expect(outcomesOf(aws, A)).toEqual(['started', 'succeeded'])
  })

  it('does not abandon one whose function makes its own version AWSCURRENT by PutSecretValue', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')
    aws.fn.before(async ({ Step }) => {
      if (Step === 'createSecret') {
        await aws.secrets.send(
          new PutSecretValueCommand({
            SecretId: 's',
            ClientRequestToken: A,
            SecretString: 'at once',
            VersionStages: ['AWSCURRENT', 'AWSPENDING'],
          }),
        )
      }
      return undefined
    })

    await rotate(aws)
    await aws.standIn.idle()

    expect(outcomesOf(aws, A)).toEqual(['started', 'succeeded'])
  })
})

describe('CancelRotateSecret', () => {
  it('switches rotation off, stops after the step under way, names the pending version and leaves its label', async () => {
    const { aws, versionId, release } = await startHeld()

    const reply = await aws.secrets.send(new CancelRotateSecretCommand({ SecretId: 's' }))
    release()
    await aws.standIn.idle()

    expect(reply.VersionId).toBe(A)
    expect(stepsOf(aws.fn.events)).toEqual(['createSecret', 'setSecret'])
    expect(labels(aws, 's')).toEqual({ [versionId]: 'AWSCURRENT', [A]: 'AWSPENDING' })
    const described = await aws.secrets.send(new DescribeSecretCommand({ SecretId: 's' }))
    expect(described).toMatchObject({ RotationEnabled: false, RotationLambdaARN: LAMBDA_ARN })
    expect(described.LastRotatedDate).toBeUndefined()
  })

  it('is undone by the next RotateSecret, which keeps the function it knew', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')
    await rotate(aws)
    await aws.standIn.idle()
    await aws.secrets.send(new CancelRotateSecretCommand({ SecretId: 's' }))

    await aws.secrets.send(new RotateSecretCommand({ SecretId: 's', ClientRequestToken: B }))
    await aws.standIn.idle()

    expect(aws.standIn.peek('s')?.rotation).toMatchObject({ isEnabled: true, lambdaArn: LAMBDA_ARN })
    expect(outcomesOf(aws, B)).toEqual(['started', 'succeeded'])
  })

  it('refuses a secret that never had a rotation', async () => {
    const aws = await startRotatingAws()
    await createSecret(aws, 's')

    const refused = await errorName(aws.secrets.send(new CancelRotateSecretCommand({ SecretId: 's' })))

    expect(refused).toBe('InvalidRequestException')
  })
})

describe('stopDrives and reset', () => {
  it('wake a rotation that waits for its redrive, and it ends without an outcome', async () => {
    const aws = await startRotatingAws({ settings: { redriveSpacingMs: 3_600_000 } })
    await createSecret(aws, 's')
    const failed = createGate()
    aws.fn.before(() => {
      failed.open()
      return 'never'
    })
    await rotate(aws)
    await failed.passed

    aws.standIn.stopDrives()
    await aws.standIn.idle()

    expect(aws.fn.events).toHaveLength(1)
    expect(outcomesOf(aws, A)).toEqual(['started'])
  })

  it('leave nothing of a rotation that was under way', async () => {
    const { aws, release } = await startHeld('createSecret')

    aws.world.reset()
    release()
    await aws.standIn.idle()

    expect(aws.standIn.peek('s')).toBeUndefined()
    expect(aws.standIn.rotationOutcomes()).toEqual([])
    expect(aws.fn.events).toHaveLength(1)
  })
})
