// Campaigns on the laptop that are repeated, or whose pages Lambda refuses: nothing is done twice, and nothing is called done that was not. And
// which kinds of secrets they rotate.

import { DeleteFunctionConcurrencyCommand, LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createClaims } from '../../lambda/adapters/aws/claims.ts'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { scimId } from '../../lambda/core/secret/scim-form.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import { LAPTOP_PREFIX } from '../../lambda/local/laptop/deployment.ts'
import { LAPTOP_PROJECT_SECRET, LAPTOP_RECORDS } from '../fakes/laptop-names.ts'
import { type CampaignSeat, openCampaigns } from './campaign-seat.ts'
import type { Subject } from './desk.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 })

const FunctionName = 'm2m-laptop-campaign'

let seat: CampaignSeat
let lambda: LambdaClient

beforeAll(async () => {
  seat = await openCampaigns({ chainedThrottle: 'fail' })
  const { aws, region } = seat.desk.laptop.address
  lambda = new LambdaClient({ endpoint: aws, region, credentials: credentialsOf('admin') })
})
afterAll(async () => {
  lambda.destroy()
  await seat.close()
})

const versionsOf = (subjects: readonly Subject[]): readonly object[] => subjects.map(seat.attempts)

it('a revoke with a grace, repeated once it is settled, asks whether what leaked is refused, and rotates nothing', async () => {
  const subjects = await seat.registerMany(['grace-a', 'grace-b'])
  const leaked = subjects.map((subject) => seat.desk.valueUnder(subject, 'AWSCURRENT'))
  const input = {
    intent: 'revoke',
    selector: { secretNames: subjects.map(seat.nameOf) },
    incidentId: 'INC-GRACE',
    graceSeconds: 900,
  }
  const first = await seat.endOf(await seat.start(input, 'grace-1'))
  const before = versionsOf(subjects)

  const second = await seat.endOf(await seat.start(input, 'grace-2'))

  expect(first).toMatchObject({ outcome: 'completed', counts: { switched: 2, settled: 2 } })
  expect(second).toMatchObject({
    outcome: 'completed',
    counts: { switched: 0, settled: 2, reasons: { settled: { earlier: 2 } } },
  })
  expect(versionsOf(subjects)).toEqual(before)
  expect(versionsOf(subjects)).toEqual([
    expect.objectContaining({ rotate: 1, settle: 1 }),
    expect.objectContaining({ rotate: 1, settle: 1 }),
  ])
  expect(subjects.map((subject, at) => seat.desk.accepts(subject, leaked[at] ?? ''))).toEqual([false, false])
})

describe('pages that Lambda refuses for want of room, and does not try again', () => {
  const isWaiting = (name: string): boolean =>
    seat.desk.laptop.aws
      .durableExecutions()
      .some(
        (one) =>
          one.status() === 'RUNNING' &&
          one.operations().some((operation) => operation.name === name && operation.status === 'STARTED'),
      )
  const withRoom = (room: number | undefined): Promise<unknown> =>
    room === undefined
      ? lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }))
      : lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: room }))
  const pass = async (name: string): Promise<void> => {
    await until(() => isWaiting(name), name)
    seat.desk.laptop.world.clock.advance(31_000)
  }

  it('are asked for again: with room by then, the campaign does all', async () => {
    const subjects = await seat.registerMany(['room-a', 'room-b', 'room-c'])
    const input = { intent: 'revoke', selector: { secretNames: subjects.map(seat.nameOf) }, incidentId: 'INC-ROOM' }
    await withRoom(1)

    const arn = await seat.start(input, 'room-1')
    await until(() => isWaiting('revoke page 1 again'), 'the first page')
    await withRoom(undefined)
    await pass('revoke page 1 again')
    const report = await seat.endOf(arn)

    expect(report).toMatchObject({ outcome: 'completed', counts: { selected: 3, switched: 3, settled: 3, failed: 0 } })
    expect(subjects.every(seat.isSettled)).toBe(true)
  })

  it('three times are told as lost, name by name, and a repetition does them', async () => {
    const subjects = await seat.registerMany(['lost-a', 'lost-b'])
    const leaked = subjects.map((subject) => seat.desk.valueUnder(subject, 'AWSCURRENT'))
    const input = { intent: 'revoke', selector: { secretNames: subjects.map(seat.nameOf) }, incidentId: 'INC-LOST' }
    await withRoom(1)

    const arn = await seat.start(input, 'lost-1')
    await pass('revoke page 1 again')
    await pass('revoke page 1 again')
    const report = await seat.endOf(arn)

    expect(report).toMatchObject({
      outcome: 'incomplete',
      needsSomebody: true,
      counts: { selected: 2, switched: 0, settled: 0, notStarted: 2, reasons: { notStarted: { lost: 2 } } },
    })
    expect(versionsOf(subjects).some((made) => 'revoke' in made)).toBe(false)

    await withRoom(undefined)
    const repeated = await seat.endOf(await seat.start(input, 'lost-2'))

    expect(repeated).toMatchObject({ outcome: 'completed', counts: { switched: 2, settled: 2 } })
    expect(subjects.map((subject, at) => seat.desk.accepts(subject, leaked[at] ?? ''))).toEqual([false, false])
  })
})

describe('what is rotated', () => {
  const stored = async (name: string, tag: string, fields: object): Promise<string> => {
    const { laptop } = seat.desk
    const { aws: endpoint, region } = laptop.address
    // As the clients function does for `m2m adopt`.
    const client = new SecretsManagerClient({
      endpoint,
      region,
      credentials: credentialsOf('m2m-laptop-clients-us-east-1'),
    })
    const Name = `${LAPTOP_PREFIX}${name}`
    const { ARN: holder = '' } = await client.send(
      new CreateSecretCommand({
        Name,
        // As `m2m adopt` stores it: under a bare id it would be taken for somebody's rotation, with an overlap.
        ClientRequestToken: makeRequestToken({
          origin: 'adopt',
          askedAt: laptop.world.clock.now(),
          secretArn: Name,
          about: tag,
          attempt: 1,
        }),
        SecretString: JSON.stringify({ ...fields, project_id: laptop.address.project_id }),
        Tags: [{ Key: 'm2m:client-id', Value: tag }],
      }),
    )
    // Without it nothing says that the secret holds the client, and its rotation is refused.
    const claims = createClaims(client, { endpoint, table: LAPTOP_RECORDS })
    const claim = { clientId: tag, holder, at: laptop.world.clock.now(), by: 'a test' }
    expect(await claims.write(claim)).toBe('written')
    await client.send(
      new RotateSecretCommand({
        SecretId: Name,
        RotationLambdaARN: laptop.address.rotation_lambda_arn,
        RotationRules: { AutomaticallyAfterDays: 60 },
        RotateImmediately: false,
      }),
    )
    client.destroy()
    await laptop.aws.idle()
    return Name
  }

  it('Connected Apps and SCIM connections as clients are; the project’s own secret is not a campaign’s', async () => {
    const { connectedApps, scim } = seat.desk.laptop.stytch
    const { stytch, project_id } = seat.desk.laptop.address
    const app = connectedApps.seed({ clientName: 'Partner portal' })
    const connection = scim.seed()
    const [client] = await seat.registerMany(['kind-client'])
    if (client === undefined) throw new Error('There is no client.')
    const secretNames = [
      seat.nameOf(client),
      await stored('kind-app', app.clientId, {
        client_id: app.clientId,
        client_secret: app.secret,
        token_url: `${stytch}/v1/public/${project_id}/oauth2/token`,
      }),
      await stored('kind-scim', scimId(connection), {
        organization_id: connection.organizationId,
        connection_id: connection.connectionId,
        bearer_token: connection.bearerToken,
      }),
      LAPTOP_PROJECT_SECRET,
    ]
    const areAccepted = (): readonly boolean[] => [
      connectedApps.accepts(app.clientId, app.secret),
      scim.accepts(connection.connectionId, connection.bearerToken),
    ]
    expect(areAccepted()).toEqual([true, true])

    const rotated = await seat.endOf(await seat.start({ intent: 'rotate', selector: { secretNames } }, 'kinds-1'))

    expect(rotated).toMatchObject({
      outcome: 'incomplete',
      counts: { matched: 4, settled: 3, failed: 1 },
      failures: [{ secretName: LAPTOP_PROJECT_SECRET, why: 'notFound' }],
    })
    expect(areAccepted()).toEqual([false, false])

    const revoked = await seat.endOf(
      await seat.start({ intent: 'revoke', selector: { secretNames }, incidentId: 'INC-KINDS' }, 'kinds-2'),
    )
    expect(revoked).toMatchObject({ counts: { settled: 3, switched: 3, failed: 1 } })
  })
})
