// What a stage is for beside its main path, in as few acts as use all the rights that its template gives: by those who may, by its functions, and
// by AWS's services for them. On a laptop that has everything switched on (every-right.long.test.ts).
import { createHmac, randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3'
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { expect, vi } from 'vitest'
import { createSignedRequest } from '../../lambda/client/signed-request.ts'
import type { JsonObject } from '../../lambda/core/base/json-object.ts'
import { credentialsOf, type Person } from '../../lambda/local/iam/people.ts'
import type { PolicyDocument } from '../../lambda/local/iam/policy.ts'
import { roleArnOf } from '../../lambda/local/laptop/deployment.ts'
import type { StackFile } from '../../lambda/local/stack/stack-file.ts'
import { fieldsOf } from '../../lambda/local/stand-in/fields.ts'
import type { Cli, Ran } from '../e2e/cli.ts'
import { asWho, credentialsOf as clientsOwn, type Step, startCampaign, succeed } from '../e2e/main-path.ts'
import { signedSender } from '../local/aws/signed-as.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const PATIENCE = { timeout: 180_000, interval: 200 }
const PREFIX = 'm2m/laptop/'
const LEGACY_SECRET = 'a-secret-of-a-partner-on-this-laptop-01234567'
const SIGNING_KEY = 'a-key-for-this-laptop'

interface Input {
  readonly cliOf: () => Cli
  /** What the laptop has started. */
  readonly stackFileOf: () => StackFile
}

type Resources = Readonly<Record<string, JsonObject>>

const resourcesOf = ({ Resources }: JsonObject): Resources => fieldsOf(Resources) as Resources

const withProperties = (resource: JsonObject, more: object): JsonObject => ({
  ...resource,
  Properties: { ...fieldsOf(resource.Properties), ...more },
})

const idOf = (resources: Resources, type: string): string =>
  Object.keys(resources).find((id) => resources[id]?.Type === type) ?? ''

/** @returns undefined for a queue, alarm and the like that the template does not have */
const find = (cli: Cli, type: string, id: RegExp) =>
  cli.laptop.stack.resources().find((one) => one.type === type && id.test(one.id))

export const errands = ({ cliOf, stackFileOf }: Input): readonly Step[] => {
  const laptopOf = () => cliOf().laptop
  const operator = (...args: readonly string[]): Promise<Ran> => succeed(cliOf(), 'operator', args)
  const place = (who: Person) => ({
    endpoint: laptopOf().address.aws,
    region: laptopOf().address.region,
    credentials: credentialsOf(who),
  })
  const secrets = async <Reply>(
    who: Person,
    work: (client: SecretsManagerClient) => Promise<Reply>,
  ): Promise<Reply> => {
    const client = new SecretsManagerClient(place(who))
    return work(client).finally(() => client.destroy())
  }
  const say = async (source: string, detail: object): Promise<void> => {
    const client = new EventBridgeClient(place(source === 'm2m.break-glass' ? 'break-glass' : 'security'))
    const entry = {
      EventBusName: laptopOf().address.bus,
      Source: source,
      DetailType: 'Secret Leak Reported',
      Detail: JSON.stringify(detail),
    }
    const { FailedEntryCount } = await client.send(new PutEventsCommand({ Entries: [entry] }))
    client.destroy()
    expect(FailedEntryCount).toBe(0)
  }
  /** Whether somebody's call was allowed since the laptop was started. */
  const hasCalled = (part: string, action: string, resource = ''): boolean =>
    laptopOf()
      .rights?.evaluations()
      .some(
        (one) =>
          one.decision === 'allowed' &&
          one.action === action &&
          one.resource.includes(resource) &&
          ('service' in one.caller ? one.caller.service : one.caller.principalArn).includes(part),
      ) === true
  const until = (isSo: () => boolean): Promise<unknown> => vi.waitUntil(isSo, PATIENCE)
  const calls = (part: string, action: string, resource?: string): Promise<unknown> =>
    until(() => hasCalled(part, action, resource))
  const sweep = async (laterMs = 0): Promise<void> => {
    const { aws, settings, world } = laptopOf()
    const scheduledAt = new Date(world.clock.now() + laterMs).toISOString()
    aws.sendToFunction(settings.functionArn('sweep'), { scheduledAt })
    await aws.idle()
  }
  const update = async (edit: (resources: Resources) => Resources): Promise<void> => {
    const stackFile = stackFileOf()
    const { template } = stackFile
    const edited = { ...template, Resources: edit(resourcesOf(template)) }
    const { ended } = await laptopOf().update({ ...stackFile, template: edited })
    const { status, ...deployment } = await ended
    expect(status, JSON.stringify(deployment)).toBe('UPDATE_COMPLETE')
  }
  const vend = async (client: string): Promise<number> => {
    const { vend: url, region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = laptopOf().address
    const send = createSignedRequest({
      ...{ url, region, credentials: { accessKeyId, secretAccessKey }, timeoutMs: 60_000 },
    })
    return (await send({ method: 'POST', path: `/clients/${client}/token`, body: '{}' })).status
  }
  /** As in a stage that is just being made. Nobody may delete it there, either. */
  const listIsGone = async (): Promise<void> => {
    const { rights } = laptopOf()
    const bucket = 'arn:aws:s3:::m2m-laptop-revocations'
    const policy = rights?.resourcePolicy(bucket)
    rights?.setResourcePolicy(bucket, undefined)
    const s3 = new S3Client({ ...place('admin'), forcePathStyle: true })
    await s3.send(new DeleteObjectCommand({ Bucket: 'm2m-laptop-revocations', Key: 'revocations.jws' }))
    s3.destroy()
    rights?.setResourcePolicy(bucket, policy)
  }
  /** A Connected App of Stytch's, with its secret stored by hand. */
  const storeApp = async (Name: string, tags: Readonly<Record<string, string>> = {}): Promise<string> => {
    const { clientId, secret } = laptopOf().stytch.connectedApps.seed({ clientName: Name })
    const { stytch, project_id: projectId } = laptopOf().address
    const SecretString = JSON.stringify({
      ...{ client_id: clientId, client_secret: secret, project_id: projectId },
      token_url: `${stytch}/v1/public/${projectId}/oauth2/token`,
    })
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value: Value === '' ? clientId : Value }))
    await secrets('break-glass', (client) => client.send(new CreateSecretCommand({ Name, SecretString, Tags })))
    return clientId
  }
  /** Of an M2M client, under the stage's key, as its owner has to put it before. */
  const storeLegacy = async (Name: string): Promise<void> => {
    const [client_id, client_secret] = ['m2m-client-test-00000000-0000-4000-8000-000000000001', LEGACY_SECRET]
    laptopOf().stytch.seed({ clientId: client_id, secret: client_secret, clientName: 'Partner', scopes: ['read:a'] })
    const { KeyArn: KmsKeyId } = laptopOf().stack.outputs()
    const SecretString = JSON.stringify({ client_id, client_secret })
    await secrets('break-glass', async (client) => {
      await client.send(new CreateSecretCommand({ Name, SecretString }))
      await client.send(new UpdateSecretCommand({ SecretId: Name, KmsKeyId }))
    })
  }
  const further = (resources: Resources): Resources => {
    const model = resources[idOf(resources, 'Custom::M2mClient')] ?? {}
    const another = (name: string, OnRemoval: string) =>
      withProperties(model, { SecretName: `${PREFIX}${name}`, DisplayName: name, OnRemoval })
    return { ...resources, Quiet: another('quiet', 'deactivate'), Gone: another('gone', 'delete') }
  }
  const claimed = (resources: Resources): Resources => {
    const id = idOf(resources, 'Custom::M2mClaims')
    return { ...resources, [id]: withProperties(resources[id] ?? {}, { Again: '1' }) }
  }

  return [
    {
      title: 'whoever operates lists, looks, asks the doctor, and freezes',
      run: async () => {
        await operator('list', '--check')
        await operator('status', 'reports')
        await operator('claims', '--check')
        await operator('freeze', 'planned', '--yes')
        await operator('freeze')
        await operator('freeze', 'off')
        const { code, stderr } = await asWho(cliOf(), 'operator', ['doctor'])
        expect([0, 1], stderr).toContain(code)
      },
    },
    {
      title: 'a label that is stuck is taken away by hand',
      run: async () => {
        const SecretId = `${PREFIX}reports`
        const ClientRequestToken = randomUUID()
        // Of a rotation whose function does not answer.
        laptopOf().aws.faults.add({ op: 'PutSecretValue', kind: 'delay', delay_ms: 5000 })
        await secrets('operator', (client) => client.send(new RotateSecretCommand({ SecretId, ClientRequestToken })))
        await secrets('operator', (client) =>
          client.send(
            new UpdateSecretVersionStageCommand({
              ...{ SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: ClientRequestToken },
            }),
          ),
        )
        await laptopOf().aws.idle()
        laptopOf().aws.faults.clear()
      },
    },
    {
      title: 'a leaked value is searched for, by whoever operates and by a detector',
      run: async () => {
        const [id, value] = clientsOwn(cliOf(), 'reports')
        const found = (text: string): Promise<Ran> =>
          succeed(cliOf(), 'operator', ['incident', '--leaked-value-stdin', '--dry-run', '--json'], text)
        await operator('rotate', 'reports', '--wait', '--yes')
        await operator('settle', 'reports', '--wait', '--yes')
        // A value that was replaced, of a client that the text names; and the project's own.
        await found(`client_id=${id} client_secret=${value}`)
        laptopOf().world.clock.advance(MINUTE_MS)
        // To be revoked, if at all, by somebody's yes.
        const ofProject = ['incident', '--leaked-value-stdin', '--dry-run', '--json']
        const ran = await asWho(cliOf(), 'operator', ofProject, laptopOf().address.project_secret)
        expect(ran.json()).toMatchObject({ found: [{ kind: 'projectSecret' }] })
        // While the table holds no gate yet.
        await operator('incident', 'release')
        const SecretString = JSON.stringify({ plain: { current: SIGNING_KEY } })
        await secrets('admin', (client) =>
          client.send(new PutSecretValueCommand({ SecretId: 'm2m-intake/laptop/signing', SecretString })),
        )
        const body = JSON.stringify({ alertId: 'TICKET-17', value: clientsOwn(cliOf(), 'reports')[1] })
        const at = String(Math.floor(laptopOf().world.clock.now() / 1000))
        const signature = createHmac('sha256', SIGNING_KEY).update(`${at}.${body}`).digest('hex')
        const delivered = await fetch(laptopOf().address.leaks, {
          ...{ method: 'POST', body },
          headers: { 'x-m2m-timestamp': at, 'x-m2m-signature': `sha256=${signature}` },
        })
        expect(delivered.status).toBe(202)
        await calls('-intake-', 'events:PutEvents')
        await operator('incident', 'release')
        await laptopOf().aws.idle()
      },
    },
    {
      title:
        'break-glass revokes the project’s secret, and whatever a selector finds; a revoke with a grace is a campaign',
      run: async () => {
        const report = { reason: 'a leak', requestedBy: 'on-call' }
        await say('m2m.break-glass', {
          ...report,
          incidentId: 'OF-THE-PROJECT',
          selector: { secretNames: [laptopOf().settings.projectSecret] },
        })
        await calls('-project-rotation-', 's3:PutObject')
        await laptopOf().aws.idle()
        await say('m2m.break-glass', { ...report, incidentId: 'OF-ALL', selector: { tags: { none: 'such' } } })
        await calls('-incident-', 'secretsmanager:ListSecrets')
        await say('m2m.security', {
          ...report,
          incidentId: 'WITH-GRACE',
          selector: { secretNames: [`${PREFIX}reports`] },
          graceSeconds: 3600,
        })
        await calls('-incident-', 'lambda:InvokeFunction', '-campaign')
        await laptopOf().aws.idle()
      },
    },
    {
      title: 'a client whose value Stytch refuses is reported by the vendor',
      run: async () => {
        const [clientId] = clientsOwn(cliOf(), 'reports')
        laptopOf().stytch.dashboard.setStatus(clientId, 'inactive')
        // One that has no token yet.
        laptopOf().deploy('vendor', {})
        await vend('reports')
        await calls('-vendor-', 'events:PutEvents')
        laptopOf().stytch.dashboard.setStatus(clientId, 'active')
      },
    },
    {
      title: 'a list of revocations that is not there is looked for by all who read it',
      run: async () => {
        const { vend: url, region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = laptopOf().address
        const send = createSignedRequest({
          ...{ url, region, credentials: { accessKeyId, secretAccessKey }, timeoutMs: 60_000 },
        })
        const bucket = 'm2m-laptop-revocations'
        expect((await send({ method: 'GET', path: '/revocations' })).status).toBe(200)
        await listIsGone()
        await send({ method: 'GET', path: '/revocations' })
        await calls('-vendor-revocations-', 's3:ListBucket', bucket)
        laptopOf().deploy('vendor', {})
        await vend('orders')
        await calls('-vendor-', 's3:ListBucket', bucket)
        await listIsGone()
        await succeed(cliOf(), 'break-glass', ['deactivate', 'orders', '--yes'])
        await calls('-clients-', 's3:ListBucket', bucket)
        await succeed(cliOf(), 'break-glass', ['activate', 'orders', '--yes'])
        await listIsGone()
        await say('m2m.security', {
          ...{ incidentId: 'NO-LIST', reason: 'a leak', requestedBy: 'on-call' },
          selector: { secretNames: [`${PREFIX}orders`] },
        })
        await calls('-laptop-rotation-', 's3:ListBucket', bucket)
        await laptopOf().aws.idle()
        await listIsGone()
        await laptopOf().aws.idle()
      },
    },
    {
      title: 'a sweep looks at what the stage stands on, and at each policy in its turn',
      run: async () => {
        for (let turn = 0; turn < 30 && !hasCalled('-sweep-', 'secretsmanager:GetResourcePolicy'); turn += 1) {
          await sweep(turn * 15 * MINUTE_MS)
        }
        for (const action of ['scheduler:GetSchedule', 'events:DescribeRule', 'sns:ListSubscriptionsByTopic']) {
          await calls('-sweep-', action)
        }
      },
    },
    {
      title: 'Connected Apps are claimed, rotated, adopted where they are, and given back',
      run: async () => {
        await storeApp(`${PREFIX}portal`, { 'm2m:client-id': '' })
        await secrets('break-glass', (client) =>
          client.send(
            new RotateSecretCommand({
              ...{ SecretId: `${PREFIX}portal`, RotationLambdaARN: laptopOf().address.rotation_lambda_arn },
              ...{ RotationRules: { AutomaticallyAfterDays: 60 }, RotateImmediately: false },
            }),
          ),
        )
        await laptopOf().aws.idle()
        await update((resources) => claimed(further(resources)))
        await calls('-registrar-', 'dynamodb:PutItem')
        await operator('rotate', 'portal', '--wait', '--yes')
        const app = laptopOf().stytch.connectedApps.seed({ clientName: 'Shop' })
        await succeed(cliOf(), 'operator', ['adopt', 'shop', '--client-id', app.clientId], app.secret)
        await storeLegacy('legacy/partner')
        const inPlace = ['partner', '--in-place', '--secret', 'legacy/partner']
        await operator('adopt', ...inPlace, '--yes')
        await operator('readers', 'partner')
        await operator('readers', 'partner', '--close', '--reader', roleArnOf('reader'), '--yes')
        await operator('release', 'partner')
        await operator('adopt', 'partner', '--in-place', '--undo', '--yes')
      },
    },
    {
      title: 'clients of a file and of the stack are changed and retired',
      run: async () => {
        const client = (name: string, more: string): string =>
          `  - { name: ${name}, description: ${more}, scopes: ["read:a"], onRemoval: deactivate }\n`
        const apply = async (text: string, ...more: readonly string[]): Promise<void> => {
          cliOf().file('fleet.yaml', `clients:\n${text}`)
          await operator('apply', 'fleet.yaml', '--yes', ...more)
          await laptopOf().aws.idle()
        }
        await apply(client('plain', 'First') + client('old', 'Old'))
        await apply(client('plain', 'Second') + client('old', 'Old'))
        // Sweeps read each new value once; then nobody does for a week.
        for (const _ of ['to be read', 'to be quiet']) {
          await sweep()
          laptopOf().world.clock.advance(9 * DAY_MS)
        }
        // What a sweep has read since the clock moved is left as it is.
        cliOf().file('fleet.yaml', `clients:\n${client('plain', 'Second')}`)
        const retired = await asWho(cliOf(), 'operator', ['apply', 'fleet.yaml', '--yes', '--retire'])
        expect([0, 1, 3], retired.stderr).toContain(retired.code)
        await update((resources) => {
          const id = idOf(resources, 'Custom::M2mClient')
          return claimed({ ...resources, [id]: withProperties(resources[id] ?? {}, { Description: 'Changed' }) })
        })
        await update((resources) => {
          const { [idOf(resources, 'Custom::M2mClient')]: _, ...others } = resources
          return claimed(others)
        })
        // What was kept is declared again.
        await update(claimed)
      },
    },
    {
      title: 'a paused campaign that goes on for long reads on where it was',
      run: async () => {
        const { aws, world } = laptopOf()
        const name = 'for-long'
        await startCampaign(cliOf(), name, `${PREFIX}plain`)
        const execution = () => aws.durableExecutions().find(({ input }) => input.name === name)
        const operations = (): number => execution()?.operations().length ?? 0
        await until(() => operations() > 2)
        await operator('campaign', 'pause', name, '--reason', 'a release')
        // What it has done fills more than one page after a hundred operations.
        await vi.waitUntil(
          () => {
            world.clock.advance(10 * MINUTE_MS)
            return hasCalled('-campaign-', 'lambda:GetDurableExecutionState')
          },
          { timeout: 540_000, interval: 500 },
        )
        await operator('campaign', 'stop', name, '--yes')
      },
    },
    {
      title: 'alarms are published, and what a topic, a rule or a schedule cannot pass on is kept',
      run: async () => {
        const { aws, rights, world } = laptopOf()
        if (rights === undefined) throw new Error('The laptop evaluates nothing.')
        const alarm = find(cliOf(), 'AWS::CloudWatch::Alarm', /./)?.name ?? ''
        const send = signedSender(() => laptopOf().address.aws)
        const ring = async (StateValue: string): Promise<void> => {
          const form = { Action: 'SetAlarmState', AlarmName: alarm, StateValue, StateReason: 'a test' }
          const headers = { 'content-type': 'application/x-www-form-urlencoded' }
          await send('admin', { service: 'monitoring', headers, body: new URLSearchParams(form).toString() })
        }
        aws.watching.setReachable('on-call@example.com', false)
        await ring('ALARM')
        aws.watching.setReachable('on-call@example.com', true)
        await calls('cloudwatch.', 'sns:Publish')
        await calls('sns.', 'sqs:SendMessage')

        // A rule whose topic is closed, and schedules whose roles have lost the right to start anything.
        const topic = find(cliOf(), 'AWS::SNS::Topic', /./)?.arn ?? ''
        const open = rights.resourcePolicy(topic)
        rights.setResourcePolicy(topic, undefined)
        await secrets('break-glass', (client) =>
          client.send(new GetSecretValueCommand({ SecretId: laptopOf().settings.projectSecret })),
        )
        await calls('events.', 'sqs:SendMessage')
        rights.setResourcePolicy(topic, open)
        for (const part of ['sweep', 'campaign']) {
          const role = find(cliOf(), 'AWS::IAM::Role', new RegExp(`^${part}.*schedule`, 'i'))?.arn ?? ''
          const session = rights.session(role, 'x')
          if (session === undefined) throw new Error(`There is no role of the ${part}'s schedule.`)
          const less = session.identityPolicies.map(withoutStarting)
          rights.setRole(role, { identityPolicies: less })
          world.clock.advance(part === 'sweep' ? 16 * MINUTE_MS : DAY_MS)
          await calls(`-${part}-schedule-`, 'sqs:SendMessage')
          rights.setRole(role, session)
        }
      },
    },
    {
      title: 'what a function fails for is kept',
      run: async () => {
        const { aws, settings, deploy } = laptopOf()
        const modulePath = fileURLToPath(new URL('../e2e/handlers/failing.ts', import.meta.url))
        for (const part of ['archive', 'registrar', 'incident', 'reads', 'sweep', 'campaign']) {
          deploy(part, { modulePath })
          aws.sendToFunction(`${settings.functionArn(part)}${part === 'campaign' ? ':live' : ''}`, {})
          await calls(`-laptop-${part}-`, 'sqs:SendMessage')
        }
      },
    },
  ]
}

const withoutStarting = (document: PolicyDocument): PolicyDocument => ({
  ...document,
  Statement: [document.Statement]
    .flat()
    .map((one) => fieldsOf(one))
    .filter(({ Action }) => Action !== 'lambda:InvokeFunction'),
})
