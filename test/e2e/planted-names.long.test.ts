// What people with rights of their own may plant beside the stage's secrets, on a laptop with rights: a leaked value beside a made-up id, a secret that is
// tagged for somebody else's client, and a campaign under an incident's id. None keeps a leaked value alive unnoticed, moves another's
// credential, or makes a report say proven.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import type { Cli } from './cli.ts'
import { createIncidentSeat } from './incident-seat.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 })

const seat = createIncidentSeat()
const { env, secretValue, clientIdOf, isAccepted } = seat
const MADE_UP = 'm2m-client-test-made-up'
let cli: Cli
const open: { destroy(): void }[] = []
const settingsOf = (person: 'power-user' | 'operator' | 'break-glass' | 'security') => {
  const { aws: endpoint, region } = cli.laptop.address
  return { endpoint, region, credentials: credentialsOf(person) }
}
const kept = <Client extends { destroy(): void }>(client: Client): Client => {
  open.push(client)
  return client
}

beforeAll(async () => {
  cli = await seat.open({ hasRights: true })
})
afterAll(async () => {
  for (const client of open) client.destroy()
  await seat.close()
})

const plant = async (name: string, fields: object, taggedFor: string): Promise<void> => {
  const Tags = [{ Key: 'm2m:client-id', Value: taggedFor }]
  const SecretString = JSON.stringify({
    project_id: cli.laptop.address.project_id,
    token_url: 'https://x.example',
    ...fields,
  })
  const client = kept(new SecretsManagerClient(settingsOf('power-user')))
  await client.send(new CreateSecretCommand({ Name: `m2m/laptop/${name}`, SecretString, Tags }))
}

const report = async (as: 'security' | 'break-glass', detail: object): Promise<void> => {
  const bus = kept(new EventBridgeClient(settingsOf(as)))
  const entry = {
    Source: `m2m.${as}`,
    DetailType: 'Secret Leak Reported',
    Detail: JSON.stringify({ reason: 'leaked', requestedBy: 'ada', ...detail }),
    EventBusName: cli.laptop.address.bus,
  }
  expect(await bus.send(new PutEventsCommand({ Entries: [entry] }))).toMatchObject({ FailedEntryCount: 0 })
}

const currentOf = (name: string): string =>
  cli.laptop.aws.peek(`m2m/laptop/${name}`)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.id ?? ''

test('a leaked value that its thief stored beside a made-up id, and published with it, is found where it works', async () => {
  const leaked = secretValue('gamma')
  await plant('a-decoy', { client_id: MADE_UP, client_secret: leaked }, MADE_UP)

  const ran = await cli.run(['incident', '--leaked-value-stdin', '--id', 'INC-DECOY', '--wait', '--json'], {
    env,
    stdin: `CLIENT_ID=${MADE_UP}\nCLIENT_SECRET=${leaked}\n`,
  })

  expect(ran.code).toBe(0)
  expect(isAccepted('gamma', leaked)).toBe(false)
})

test('a secret that is tagged for another’s client is not rotated by an incident with a grace, and the client’s own is', async () => {
  const before = currentOf('gamma')
  await plant('b-decoy', { client_id: clientIdOf('gamma'), client_secret: 'x'.repeat(44) }, clientIdOf('gamma'))
  const decoy = currentOf('b-decoy')

  await report('security', {
    incidentId: 'INC-GRACE',
    selector: { clientIds: [clientIdOf('gamma')] },
    graceSeconds: 3600,
  })

  await until(async () => (currentOf('gamma') === before ? undefined : true), 'the switch of the client’s own secret')
  expect(currentOf('gamma')).toMatch(/^rotate-/)
  expect(currentOf('b-decoy')).toBe(decoy)
  expect(cli.laptop.aws.peek('m2m/laptop/b-decoy')?.versions).toHaveLength(1)
})

test('a campaign that an operator starts under an incident’s id does not end the incident', async () => {
  const leaked = secretValue('beta')
  const [alpha, beta] = [currentOf('alpha'), currentOf('beta')]
  await report('break-glass', { incidentId: 'INC-END', selector: { tags: { team: 'one' } }, graceSeconds: 3600 })
  await until(
    async () => (currentOf('alpha') === alpha || currentOf('beta') === beta ? undefined : true),
    'the switch of both',
  )

  const lambda = kept(new LambdaClient(settingsOf('operator')))
  const order = {
    intent: 'revoke',
    incidentId: 'INC-END',
    selector: { secretNames: ['m2m/laptop/alpha'] },
    reason: 'leaked',
    requestedBy: 'ada',
  }
  await lambda.send(
    new InvokeCommand({
      FunctionName: 'm2m-laptop-campaign:live',
      InvocationType: 'Event',
      DurableExecutionName: 'an-end-of-ones-own',
      Payload: Buffer.from(JSON.stringify(order)),
    }),
  )
  await until(
    async () =>
      cli.laptop.aws
        .events()
        .some(
          ({ detailType, detail }) => detailType === 'Incident Completed' && JSON.stringify(detail).includes('INC-END'),
        )
        ? true
        : undefined,
    'the end of that campaign',
  )

  const ran = await cli.run(['incident', 'show', 'INC-END', '--json'], { env })
  expect(ran.json()).toMatchObject({ outcome: 'notProven', proven: ['m2m/laptop/alpha'] })
  expect(ran.json<{ unproven: readonly { what: string }[] }>().unproven.map(({ what }) => what)).toContain('INC-END')
  expect(ran.code).toBe(3)
  expect(isAccepted('beta', leaked)).toBe(true)
})
