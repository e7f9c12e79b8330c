// A consumer that reads a replica in another Region, over HTTP: whatever its Region shows is accepted through a planned rotation and its settle,
// while the replica lags, fails, or the settle is killed at any of its outside calls. A revoke refuses it at once, and the rule of
// docs/consumers.md brings it the new value.

import {
  GetSecretValueCommand,
  ReplicateSecretToRegionsCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { HOUR_MS } from '../../lambda/core/base/time-units.ts'
import { DEPLOYED, WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import {
  acceptedValues,
  createSeat,
  driveStuck,
  type Gate,
  idUnder,
  register,
  rotateSecret,
  type Seat,
  type Subject,
  undisturbed,
  valueUnder,
} from './seat.ts'

const NORTH = 'eu-north-1'
const LAG_MS = 3000

let seat: Seat
let north: SecretsManagerClient
beforeAll(async () => {
  seat = await createSeat({ replicaLagMs: LAG_MS })
  north = new SecretsManagerClient({
    endpoint: seat.urls.aws,
    region: NORTH,
    credentials: credentialsOf('break-glass'),
  })
})
beforeEach(() => seat.world.reset())
afterAll(async () => {
  north.destroy()
  await seat.close()
})

const replicate = async ({ secretArn }: Subject): Promise<void> => {
  const AddReplicaRegions = [{ Region: NORTH }]
  await seat.client.send(new ReplicateSecretToRegionsCommand({ SecretId: secretArn, AddReplicaRegions }))
  seat.world.clock.advance(LAG_MS)
}

const replicated = async (): Promise<Subject> => {
  seat.onInvoke = undisturbed(seat)
  const subject = await register(seat)
  await replicate(subject)
  return subject
}

/** What a consumer in the other Region reads. */
const readNorth = async ({ secretArn }: Subject): Promise<string> => {
  const SecretId = seat.aws.peek(secretArn)?.name
  const { SecretString = '{}' } = await north.send(new GetSecretValueCommand({ SecretId }))
  return (JSON.parse(SecretString) as { client_secret: string }).client_secret
}
const worksNorth = async (subject: Subject): Promise<boolean> =>
  seat.stytch.accepts(subject.clientId, await readNorth(subject))

/** Once the overlap is over. */
const settle = async (subject: Subject): Promise<void> => {
  seat.world.clock.advance(25 * HOUR_MS)
  await rotateSecret(seat, subject, 'settle')
}
const originOfCurrent = ({ secretArn }: Subject): string =>
  idUnder(seat, secretArn, 'AWSCURRENT')?.split('-')[0] ?? 'none'

describe('a planned rotation', () => {
  test('is settled where the replica lags: its consumer is never refused', async () => {
    const subject = await replicated()
    const before = await readNorth(subject)

    await rotateSecret(seat, subject, 'rotate')
    expect(await readNorth(subject)).toBe(before)
    expect(await worksNorth(subject)).toBe(true)
    await settle(subject)

    expect(originOfCurrent(subject)).toBe('settle')
    expect(await readNorth(subject)).not.toBe(before)
    expect(await worksNorth(subject)).toBe(true)
  })

  test('is not settled right after its switch, before the replica has it', async () => {
    seat.aws.configure({ replicaLagMs: 60_000 })
    const subject = await replicated()
    seat.world.clock.advance(60_000)
    await rotateSecret(seat, subject, 'rotate')

    await rotateSecret(seat, subject, 'settle')

    expect(originOfCurrent(subject)).toBe('rotate')
    expect(acceptedValues(seat, subject)).toHaveLength(2)
    expect(await worksNorth(subject)).toBe(true)
  })

  test('leaves both values accepted where the replica has failed, and is settled once that is repaired', async () => {
    const subject = await replicated()
    const before = await readNorth(subject)
    seat.aws.configure({ replicaFailure: { [NORTH]: 'The key does not let it' } })

    await rotateSecret(seat, subject, 'rotate')
    await settle(subject)

    expect(originOfCurrent(subject)).toBe('rotate')
    expect(idUnder(seat, subject.secretArn, 'AWSPENDING')).toBeUndefined()
    expect(await readNorth(subject)).toBe(before)
    expect(acceptedValues(seat, subject)).toHaveLength(2)
    expect(await worksNorth(subject)).toBe(true)

    seat.aws.configure({ replicaFailure: {} })
    await replicate(subject)
    await settle(subject)

    expect(originOfCurrent(subject)).toBe('settle')
    expect(acceptedValues(seat, subject)).toHaveLength(1)
    expect(await worksNorth(subject)).toBe(true)
  })

  test('a second one does not end the overlap that a failed replica keeps open', async () => {
    const subject = await replicated()
    seat.aws.configure({ replicaFailure: { [NORTH]: 'The key does not let it' } })
    await rotateSecret(seat, subject, 'rotate')

    seat.world.clock.advance(25 * HOUR_MS)
    await rotateSecret(seat, subject, 'rotate')

    expect(acceptedValues(seat, subject)).toHaveLength(2)
    expect(await worksNorth(subject)).toBe(true)
  })
})

test('an old reply is not taken for one that shows the replica in sync', { timeout: 120_000 }, async () => {
  const wrong: string[] = []
  for (let back = 1; back <= 4; back += 1) {
    for (let nth = 1; nth <= 8; nth += 1) {
      seat.world.reset()
      const subject = await replicated()
      seat.aws.configure({ replicaLagMs: 24 * HOUR_MS })
      await rotateSecret(seat, subject, 'rotate')
      seat.bounds = DEPLOYED
      let looks = 0
      seat.chooseView = ({ op }) => {
        looks += op === 'DescribeSecret' ? 1 : 0
        return op === 'DescribeSecret' && looks === nth ? back : undefined
      }
      await rotateSecret(seat, subject, 'settle')
      seat.chooseView = () => undefined
      seat.bounds = WITHOUT_LAG
      if (acceptedValues(seat, subject).length !== 2) wrong.push(`look ${nth}, ${back} writes ago`)
    }
  }

  expect(wrong).toEqual([])
})

/** A settle whose steps go through the gate, driven on by the service and at last by the sweep. */
const settleThrough = async (subject: Subject, gate: Gate): Promise<void> => {
  seat.onInvoke = (event) =>
    new Promise((resolve) => {
      const onHang = () => resolve({ ok: false, errorType: 'Runtime.ExitError', errorMessage: 'killed' })
      void seat.execute({ event, gate, onHang, timeMs: 600_000 }).then(resolve)
    })
  await settle(subject)
  seat.onInvoke = undisturbed(seat)
  await driveStuck(seat, subject)
}

describe.each([
  ['lags', {}, 'settle'],
  ['has failed', { [NORTH]: 'The key does not let it' }, 'rotate'],
] as const)('a settle of a secret whose replica %s', (_how, replicaFailure, origin) => {
  test('is killed before and after each of its calls: the replica’s consumer is never refused', {
    timeout: 200_000,
  }, async () => {
    const prepare = async (): Promise<Subject> => {
      seat.world.reset()
      const subject = await replicated()
      seat.aws.configure({ replicaFailure })
      await rotateSecret(seat, subject, 'rotate')
      return subject
    }
    let calls = 0
    await settleThrough(await prepare(), (phase) => {
      calls += phase === 'before' ? 1 : 0
      return 'go'
    })
    expect(calls).toBeGreaterThan(5)
    const violations: string[] = []

    for (let at = 0; at < calls; at += 1) {
      for (const when of ['before', 'after'] as const) {
        const subject = await prepare()
        let call = -1
        await settleThrough(subject, async (phase, op) => {
          if (phase === 'before') call += 1
          else if (!(await worksNorth(subject))) violations.push(`call ${call} (${op}) left the consumer refused`)
          return call === at && phase === when ? 'hang' : 'go'
        })
        if (!(await worksNorth(subject))) violations.push(`killed ${when} call ${at}: the consumer is refused`)
        // Asked for again by the next sweep.
        await settle(subject)
        if (originOfCurrent(subject) !== origin)
          violations.push(`killed ${when} call ${at}: ${originOfCurrent(subject)}`)
      }
    }

    expect(violations).toEqual([])
  })
})

describe('a revoke', () => {
  const leak = async (): Promise<{ readonly subject: Subject; readonly leaked: string }> => {
    const subject = await replicated()
    return { subject, leaked: await readNorth(subject) }
  }
  const detailsOf = (type: string) =>
    seat.aws.events().flatMap(({ detailType, detail }) => (detailType === type ? [detail] : []))

  test('ends the leaked value at once, says which Region is behind, and its consumer finds the new value there', async () => {
    const { subject, leaked } = await leak()

    const token = await rotateSecret(seat, subject, 'revoke')
    seat.aws.configure({ replicaLagMs: HOUR_MS })
    await rotateSecret(seat, subject, 'settle')

    expect(acceptedValues(seat, subject)).not.toContain(leaked)
    const inProgress = [{ region: NORTH, status: 'InProgress' }]
    expect(detailsOf('M2M Secret Changed')).toMatchObject([{ requestToken: token, replicas: inProgress }])
    expect(detailsOf('Secret Revoked')).toMatchObject([{ evidence: { replicas: inProgress } }])
    // The rule of docs/consumers.md: refused, it reads again after a pause.
    expect([await readNorth(subject), await worksNorth(subject)]).toEqual([leaked, false])
    seat.world.clock.advance(LAG_MS)
    expect(await worksNorth(subject)).toBe(true)
  })

  test('is settled although the replica has failed; only the primary has the value that works', async () => {
    const { subject, leaked } = await leak()
    seat.aws.configure({ replicaFailure: { [NORTH]: 'The key does not let it' } })

    await rotateSecret(seat, subject, 'revoke')
    await rotateSecret(seat, subject, 'settle')

    expect(originOfCurrent(subject)).toBe('settle')
    expect(acceptedValues(seat, subject)).toEqual([valueUnder(seat, subject.secretArn, 'AWSCURRENT')])
    expect(await readNorth(subject)).toBe(leaked)
    expect(detailsOf('Secret Revoked')).toMatchObject([
      { evidence: { replicas: [{ region: NORTH, status: 'Failed' }] } },
    ])
  })
})

test('a status that shows only a replica’s creation is believed: the overlap alone covers its lag then', async () => {
  seat.aws.configure({ replicaStatus: 'creation' })
  const subject = await replicated()

  await rotateSecret(seat, subject, 'rotate')
  expect(await worksNorth(subject)).toBe(true)
  await settle(subject)

  expect(originOfCurrent(subject)).toBe('settle')
  expect(await worksNorth(subject)).toBe(true)
})
