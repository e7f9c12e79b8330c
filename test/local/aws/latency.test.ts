// What calls wait for and what quota of versions they meet, as the settings say; and the settings' own faults.
import { ListSecretsCommand, PutSecretValueCommand, UpdateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { describe, expect, it } from 'vitest'
import { type Aws, createSecret, errorName, post, startAws } from './aws-harness.ts'

const MINUTE = 60_000

const settings = async (aws: Aws, body?: object) => {
  const response = await fetch(
    `${aws.origin}/_stand-in/settings`,
    body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) },
  )
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

describe('latencyMs', () => {
  it('is waited by each call of that service and by no other, on the given wait', async () => {
    const waits: number[] = []
    const aws = await startAws({
      buckets: ['b'],
      sleep: async (ms) => {
        waits.push(ms)
      },
    })
    await settings(aws, { latencyMs: { secretsmanager: 15, kms: 8, s3: 4 } })

    await aws.secrets.send(new ListSecretsCommand({}))
    await post(aws.origin, 'TrentService.ListAliases', '{}')
    await post(aws.origin, 'AWSEvents.PutEvents', '{}')
    await fetch(`${aws.origin}/b?list-type=2`)
    await aws.secrets.send(new ListSecretsCommand({}))

    expect(waits).toEqual([15, 8, 4, 15])
  })

  it('is waited before the effect, and a stand-in that closes waits for nothing', async () => {
    let begun = (): void => {}
    const waiting = new Promise<void>((resolve) => {
      begun = resolve
    })
    const aws = await startAws({
      settings: { latencyMs: { secretsmanager: 3_600_000 } },
      sleep: (_ms, signal) => {
        begun()
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    })
    const sent = errorName(createSecret(aws, 's'))
    await waiting

    const peeked = aws.standIn.peek('s')
    await aws.standIn.close()

    expect(peeked).toBeUndefined()
    expect(await sent).not.toBe('')
  })
})

describe('versionQuota', () => {
  const put = (aws: Aws, turn: number) =>
    aws.secrets.send(new PutSecretValueCommand({ SecretId: 's', SecretString: `value ${turn}` }))
  const fill = async (aws: Aws, most: number, everyMs: number): Promise<number> => {
    for (let turn = 1; turn <= most; turn += 1) {
      const name = await errorName(
        put(aws, turn).then(() => Promise.reject(Object.assign(new Error(), { name: 'ok' }))),
      )
      if (name !== 'ok') {
        expect(name).toBe('LimitExceededException')
        return turn
      }
      aws.world.clock.advance(everyMs)
    }
    return 0
  }

  it('is off by default', async () => {
    const aws = await startAws()
    await createSecret(aws, 's')

    expect(await fill(aws, 130, 0)).toBe(0)
  })

  it('refuses the value after a hundred, the first one counted, and takes one again ten minutes later', async () => {
    const aws = await startAws({ settings: { versionQuota: 'documented' } })
    await createSecret(aws, 's')

    const refused = await fill(aws, 130, 0)
    const update = await errorName(
      aws.secrets.send(new UpdateSecretCommand({ SecretId: 's', SecretString: 'x', Description: 'refused' })),
    )
    const descriptionAfterRefusal = aws.standIn.peek('s')?.description
    await aws.secrets.send(new UpdateSecretCommand({ SecretId: 's', Description: 'no value, no version' }))
    aws.world.clock.advance(10 * MINUTE)
    await put(aws, 1000)
    const again = await errorName(put(aws, 1001))

    expect(refused).toBe(100)
    expect(descriptionAfterRefusal).toBeUndefined()
    expect([update, again]).toEqual(['LimitExceededException', 'LimitExceededException'])
  })

  it('is reached by twice the documented pace, and never by the pace itself', async () => {
    const [fast, steady] = await Promise.all(
      [5, 10].map(async (minutes) => {
        const aws = await startAws({ settings: { versionQuota: 'documented' } })
        await createSecret(aws, 's')
        aws.world.clock.advance(minutes * MINUTE)
        return fill(aws, 250, minutes * MINUTE)
      }),
    )

    expect(fast).toBeGreaterThan(190)
    expect(steady).toBe(0)
  })

  it('does not count the repetition of a value under its token', async () => {
    const aws = await startAws({ settings: { versionQuota: 'documented' } })
    await createSecret(aws, 's')
    const same = new PutSecretValueCommand({ SecretId: 's', SecretString: 'x', ClientRequestToken: 'a'.repeat(32) })
    for (let turn = 0; turn < 120; turn += 1) await aws.secrets.send(same)

    expect(await fill(aws, 130, 0)).toBe(99)
  })
})

describe('GET and POST /_stand-in/settings', () => {
  it('shows every setting and changes those that are named', async () => {
    const aws = await startAws()

    const changed = await settings(aws, { staleReadShare: 0.5, staleReadMs: 1000, staleReadPer: 'secret' })

    expect(changed.body).toEqual(aws.standIn.settings())
    expect((await settings(aws)).body).toMatchObject({
      staleReadShare: 0.5,
      staleReadMs: 1000,
      staleReadPer: 'secret',
      latencyMs: {},
      versionQuota: 'off',
    })
  })

  it('lists all faults at once and changes nothing', async () => {
    const aws = await startAws()

    const refused = await settings(aws, {
      staleReadShare: 1.5,
      staleReadMs: -1,
      staleReadPer: 'region',
      latencyMs: { sqs: 5 },
      versionQuota: 'on',
      coldStart: 1,
      redriveCount: 7,
    })

    expect(refused.status).toBe(400)
    expect(String(refused.body.error).split('; ')).toEqual([
      'staleReadShare: expected a share from 0 to 1',
      'staleReadMs: expected a number from 0',
      'staleReadPer: expected one of call, secret',
      'latencyMs: expected {service: milliseconds from 0} of secretsmanager, kms, dynamodb, events, ssm, lambda, s3, cloudtrail',
      'versionQuota: expected one of off, documented',
      'coldStart: no such setting',
    ])
    expect(aws.standIn.settings().redriveCount).toBe(2)
  })

  it.each([
    ['secretsmanager', -1],
    ['kms', 'fast'],
    ['toString', 1],
  ])('refuses a latency of %s: %j', async (service, ms) => {
    const aws = await startAws()

    expect((await settings(aws, { latencyMs: { [service]: ms } })).status).toBe(400)
  })
})
