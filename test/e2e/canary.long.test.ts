// Marked secrets through every path, and then a search of everything that came out for every fragment of them: log lines, results
// of invokes, events, calls, tags, errors down to their causes, process titles, and what the laptop prints. The wire is tapped, so
// that the search also knows the values that were lost on the way and are stored nowhere.

import { randomBytes, randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { awsClientSettings } from '../../lambda/adapters/aws/aws-call.ts'
import { createEvents } from '../../lambda/adapters/aws/events.ts'
import { createSecrets } from '../../lambda/adapters/aws/secrets.ts'
import { createStytchConnection } from '../../lambda/adapters/stytch/connect.ts'
import { createStytchIssuer } from '../../lambda/adapters/stytch/issuer.ts'
import type { RetryTiming } from '../../lambda/adapters/stytch/retry.ts'
import { createTiming } from '../../lambda/adapters/timing.ts'
import { WITHOUT_LAG } from '../../lambda/core/rotation/bounds.ts'
import { noRecords } from '../../lambda/core/rotation/records.ts'
import { steps } from '../../lambda/core/rotation/refusal.ts'
import { runStep } from '../../lambda/core/rotation/run-step.ts'
import { noProofs } from '../../lambda/core/rotation/sign-proof.ts'
import { createClientSecret } from '../../lambda/core/secret/client-secret.ts'
import { makeRequestToken, type Origin } from '../../lambda/core/secret/request-token.ts'
import { clientForm } from '../../lambda/core/secret/secret-format.ts'
import { writeRotationEnv } from '../../lambda/env/rotation.ts'
import { type AwsStandIn, createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import type { LaptopAddress } from '../../lambda/local/laptop/address.ts'
import { awsEnvironment } from '../../lambda/local/laptop/laptop.ts'
import { type Lambda, startLambda } from '../../lambda/local/runner/lambda-runner.ts'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import type { StytchStandIn } from '../../lambda/local/stytch/stand-in-api.ts'
import { createStytchStandIn } from '../../lambda/local/stytch/stytch-stand-in.ts'
import { callsOf, endOf, eventsOf } from './control.ts'
import { findLeaks, type KnownSecret, type Output } from './leaks.ts'
import { descendantsOf, endAll, laptopPath, repository, spawnCommand } from './spawned.ts'
import { type Spoiling, spoilings, startWiretap, type Wiretap } from './wiretap.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

/** Random throughout: no fragment of it may look like a word that stands in an output for another reason. */
const mark = (): string => `Qz${randomBytes(24).toString('base64url')}`

const REGION = 'us-east-1'
const ACCOUNT_ID = '000000000000'
const arnOf = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${name}`
const FUNCTION_ARN = arnOf('m2m-rotation')
/** Nobody runs it: its rotations stand, and are driven by hand. */
const ABSENT_FUNCTION_ARN = arnOf('absent')
const functionModule = `${repository}lambda/handlers/on-rotation.ts`

interface Subject {
  readonly secretArn: string
  readonly clientId: string
}

/** As the laptop is joined, with wiretaps between. */
interface Stage {
  readonly stytch: StytchStandIn
  readonly aws: AwsStandIn
  readonly taps: { readonly stytch: Wiretap; readonly aws: Wiretap }
  readonly address: LaptopAddress
  readonly rotation: Lambda
  readonly operator: Operator
  readonly client: SecretsManagerClient
  readonly outputs: Output[]
  readonly marked: KnownSecret[]
  close(): Promise<void>
}

const openStage = async (): Promise<Stage> => {
  const outputs: Output[] = []
  const projectSecret = mark()
  const projectId = `project-test-${randomUUID()}`
  const world = createWorld()
  const functions = new Map<string, Lambda>()
  const stytch = createStytchStandIn({ world, projectId, projectSecret })
  const aws = createAwsStandIn({
    world,
    settings: { redriveCount: 1, redriveSpacingMs: 30 },
    invoke: async (arn, event) => {
      const absent = { ok: false, errorType: 'ResourceNotFoundException', errorMessage: 'Function not found' } as const
      const result = (await functions.get(arn)?.invoke(event)) ?? absent
      outputs.push({ from: `result of ${event.Step}`, text: JSON.stringify(result) })
      return result
    },
  })
  const taps = {
    stytch: await startWiretap(await stytch.server.listen(0)),
    aws: await startWiretap(await aws.listen(0)),
  }
  const place = {
    projectId,
    projectSecret: { kind: 'given', secret: projectSecret },
    baseUrl: taps.stytch.origin,
  } as const
  const rotation = startLambda({
    modulePath: functionModule,
    functionName: 'm2m-rotation',
    functionArn: FUNCTION_ARN,
    timeoutMs: 30_000,
    env: {
      ...awsEnvironment(taps.aws.origin, 'm2m-rotation'),
      ...writeRotationEnv({
        stage: 'canary',
        stytch: place,
        eventBus: 'm2m',
        freeze: { parameter: '/m2m/canary/freeze' },
        bounds: WITHOUT_LAG,
      }),
    },
    onLog: (text) => outputs.push({ from: 'log', text }),
  })
  functions.set(FUNCTION_ARN, rotation)
  const address = {
    stytch: taps.stytch.origin,
    aws: taps.aws.origin,
    project_id: projectId,
    project_secret: projectSecret,
    region: REGION,
    account_id: ACCOUNT_ID,
    rotation_lambda_arn: FUNCTION_ARN,
    bus: 'm2m',
    leaks: `${taps.aws.origin}/_laptop/leaks`,
    vend: '',
    vend_client: '',
    revocations_public_key: '',
    access_key_id: '',
    secret_access_key: '',
  }
  const operator = createOperator(address)
  return {
    stytch,
    aws,
    taps,
    address,
    rotation,
    operator,
    client: operator.secretsManager,
    outputs,
    marked: [{ name: 'project secret', value: projectSecret }],
    close: async () => {
      aws.stopDrives()
      operator.secretsManager.destroy()
      await rotation.close()
      await Promise.all([taps.stytch.close(), taps.aws.close()])
      await Promise.all([stytch.server.close(), aws.close()])
    },
  }
}

let stage: Stage

/** A settle is about what carries AWSCURRENT. */
const tokenFor = async ({ secretArn }: Subject, origin: Origin): Promise<string> => {
  const asked = { origin, askedAt: Date.now(), secretArn, attempt: 1 }
  if (origin !== 'settle') return makeRequestToken({ ...asked, about: randomUUID() })
  const { VersionIdsToStages = {} } = await stage.client.send(new DescribeSecretCommand({ SecretId: secretArn }))
  const currentId = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes('AWSCURRENT'))
  return makeRequestToken({ ...asked, about: currentId ?? '' })
}

/** Asks, waits for the end, whatever it is. */
const ask = async (subject: Subject, origin: Origin): Promise<string> => {
  const token = await tokenFor(subject, origin)
  await stage.client.send(new RotateSecretCommand({ SecretId: subject.secretArn, ClientRequestToken: token }))
  return endOf(stage.address.aws, token)
}

const marked = (name: string): string => {
  const value = mark()
  stage.marked.push({ name, value })
  return value
}

/** A thrown thing, with all that hangs on it. */
const inspected = (error: unknown): string => inspect(error, { depth: null, showHidden: true, maxStringLength: null })

const noteFailure = async (what: string, work: Promise<unknown>): Promise<boolean> => {
  try {
    await work
    return false
  } catch (error) {
    stage.outputs.push({ from: `error of ${what}`, text: `${inspected(error)}\n${String(error)}` })
    return true
  }
}

const register = (): Promise<Subject> => stage.operator.register(`canary_${randomUUID()}`, ['read:things'])

const api = (timing: RetryTiming = createTiming(() => 30_000)) =>
  createStytchConnection(
    {
      projectId: stage.address.project_id,
      projectSecret: { kind: 'given', secret: stage.address.project_secret },
      baseUrl: stage.address.stytch,
    },
    stage.client,
  )(timing)

const textOf = (clientId: string, clientSecret: string): string =>
  JSON.stringify({
    client_id: clientId,
    client_secret: clientSecret,
    project_id: stage.address.project_id,
    token_url: `${stage.address.stytch}/token`,
  })

/** A client whose marked secret was imported at Stytch, in a secret that nobody bound; rotation is on. */
const importClient = async (functionArn = FUNCTION_ARN): Promise<Subject> => {
  const value = marked('imported client secret')
  const clientId = `m2m-client-test-${randomUUID()}`
  const created = await api().createClient({ clientId, clientSecret: createClientSecret(value), scopes: [] })
  expect(created.ok).toBe(true)
  const { ARN: secretArn = '' } = await stage.client.send(
    new CreateSecretCommand({
      Name: `m2m/imported/${randomUUID()}_`,
      SecretString: textOf(clientId, value),
      Tags: [{ Key: 'team', Value: 'payments' }],
    }),
  )
  const dryRun = randomUUID()
  await stage.client.send(
    new RotateSecretCommand({
      SecretId: secretArn,
      ClientRequestToken: dryRun,
      RotationLambdaARN: functionArn,
      RotationRules: { AutomaticallyAfterDays: 60 },
      RotateImmediately: false,
    }),
  )
  await endOf(stage.address.aws, dryRun)
  return { secretArn, clientId }
}

const put = (secretArn: string, text: string) =>
  stage.client.send(new PutSecretValueCommand({ SecretId: secretArn, SecretString: text }))

/** One step, in this process, with the production adapters: so that what it throws can be looked into. */
const runHere = async (step: (typeof steps)[number], secretId: string, requestToken: string): Promise<void> => {
  const settings = {
    ...awsClientSettings,
    endpoint: stage.address.aws,
    region: REGION,
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  }
  // Every look at the time takes a second and a half of it, so that retries come to their end.
  let remainingMs = 14_000
  const timing = {
    now: Date.now,
    wait: async () => {},
    remainingMs: () => {
      remainingMs -= 1500
      return remainingMs
    },
  }
  const secretsManager = new SecretsManagerClient(settings)
  const bus = new EventBridgeClient(settings)
  try {
    await runStep(
      {
        issuer: createStytchIssuer(api(timing), stage.address.project_id),
        form: clientForm,
        secrets: createSecrets(secretsManager),
        events: createEvents(bus, 'm2m', 'm2m.rotation'),
        freeze: { read: async () => 'off' },
        bounds: WITHOUT_LAG,
        records: noRecords,
        proofs: noProofs,
        timing,
        journal: { note: (entry) => stage.outputs.push({ from: 'journal', text: JSON.stringify(entry) }) },
      },
      { step, secretId, requestToken },
    )
  } finally {
    secretsManager.destroy()
    bus.destroy()
  }
}

/** Everything that came out since the given number of outputs, and everything else that can be asked for now. */
const gather = async (since: number): Promise<readonly Output[]> => {
  const { address, client } = stage
  const { SecretList: secrets } = await client.send(new ListSecretsCommand({ MaxResults: 100 }))
  return [
    ...stage.outputs.slice(since),
    { from: 'events', text: JSON.stringify(await eventsOf(address.aws)) },
    { from: 'calls of Stytch', text: JSON.stringify(await callsOf(address.stytch)) },
    { from: 'calls of AWS', text: JSON.stringify(await callsOf(address.aws)) },
    { from: 'list of secrets, with tags', text: JSON.stringify(secrets) },
    ...descendantsOf(process.pid).map(({ command }) => ({ from: 'process list', text: command })),
  ]
}

const known = (): readonly KnownSecret[] => [
  ...stage.marked,
  ...stage.taps.stytch.heard(),
  ...stage.taps.aws.heard(),
  {
    name: 'Basic header',
    value: Buffer.from(`${stage.address.project_id}:${stage.address.project_secret}`).toString('base64'),
    fragment: 60,
  },
]

let searched = 0

const expectNoLeak = async (since = searched): Promise<void> => {
  searched = stage.outputs.length
  const outputs = await gather(since)
  expect(findLeaks(outputs, known())).toEqual([])
  // An access token of anybody's.
  expect(outputs.filter(({ text }) => /eyJ[\w-]{8,}\.eyJ/.test(text))).toEqual([])
}

beforeAll(async () => {
  stage = await openStage()
})
afterAll(async () => {
  endAll()
  await stage.close()
})

describe('a secret appears in nothing that comes out', () => {
  it('of registration, dry run, and every intent', async () => {
    const subject = await register()

    const outcomes: string[] = []
    for (const intent of ['rotate', 'rollback', 'settle', 'rotate', 'settle', 'revoke', 'settle'] as const) {
      outcomes.push(await ask(subject, intent))
    }

    expect(outcomes).toEqual(Array.from({ length: 7 }, () => 'succeeded'))
    await expectNoLeak()
  })

  it('of a rotation of a client whose secret was imported and is not bound yet', async () => {
    const subject = await importClient()

    const outcomes = [await ask(subject, 'rotate'), await ask(subject, 'settle')]

    expect(outcomes).toEqual(['succeeded', 'succeeded'])
    await expectNoLeak()
  })

  it('of steps that carry a RotationToken', async () => {
    const subject = await importClient(ABSENT_FUNCTION_ARN)
    // 36 to 256 letters, digits and hyphens.
    const RotationToken = marked('RotationToken').replaceAll('_', '-').padEnd(40, 'Qz')
    stage.marked.push({ name: 'RotationToken', value: RotationToken })
    const token = await tokenFor(subject, 'rotate')
    await ask(subject, 'rotate')
    const pending = stage.aws.peek(subject.secretArn)?.versions.find(({ stages }) => stages.includes('AWSPENDING'))?.id

    const results = []
    for (const Step of steps) {
      const event = { Step, SecretId: subject.secretArn, ClientRequestToken: pending ?? token, RotationToken }
      results.push(await stage.rotation.invoke(event))
    }
    for (const bad of [{ RotationToken: marked('short RotationToken').slice(0, 20) }, { Step: marked('a step') }]) {
      const event = {
        Step: 'createSecret',
        SecretId: subject.secretArn,
        ClientRequestToken: token,
        RotationToken,
        ...bad,
      }
      results.push(await stage.rotation.invoke(event))
    }
    stage.outputs.push({ from: 'results of invokes', text: JSON.stringify(results) })

    expect(results.map(({ ok }) => ok)).toEqual([true, true, true, true, false, false])
    expect(stage.taps.aws.heard().map(({ value }) => value)).toContain(RotationToken)
    await expectNoLeak()
  })

  it('of refusals of every kind', async () => {
    const other = await register()
    const subject = await register()
    const good = await stage.operator.read(subject.secretArn)
    const goodText = textOf(subject.clientId, good.clientSecret)
    const bad = marked('bad value')
    const texts = [
      `not json ${bad}`,
      bad,
      `"${bad}"`,
      `{"client_secret":"${bad}"`,
      JSON.stringify({ client_secret: bad, project_id: stage.address.project_id }),
      JSON.stringify({ ...JSON.parse(goodText), client_secret: { value: bad } }),
      JSON.stringify({ ...JSON.parse(goodText), client_secret: bad, issued_at: `${bad} o'clock` }),
      JSON.stringify({ ...JSON.parse(goodText), client_secret: bad, project_id: 'project-test-other' }),
      textOf(other.clientId, bad),
      textOf(`m2m-client-test-${randomUUID()}`, bad),
      textOf(subject.clientId, bad),
    ]

    const outcomes: string[] = []
    for (const text of texts) {
      await put(subject.secretArn, text)
      outcomes.push(await ask(subject, 'rotate'))
    }
    await put(subject.secretArn, goodText)
    await ask(subject, 'revoke')
    outcomes.push(await ask(subject, 'rollback'))
    stage.stytch.dashboard.setStatus(subject.clientId, 'inactive')
    outcomes.push(await ask(subject, 'rotate'))
    stage.stytch.dashboard.remove(subject.clientId)
    outcomes.push(await ask(subject, 'revoke'))

    expect(new Set(outcomes)).toEqual(new Set(['failed']))
    await expectNoLeak()
  })

  it.each([
    ['stytch', /^GET /],
    ['stytch', /\/rotate\/start /],
    ['stytch', /\/oauth2\/token /],
    ['aws', /DescribeSecret$/],
    ['aws', /GetSecretValue$/],
    ['aws', /PutSecretValue$/],
  ] as const)('of a rotation when a reply of %s to %s is garbled, in any way', async (side, pattern) => {
    const tap = stage.taps[side]
    const played: Spoiling[] = []

    for (const spoiling of spoilings) {
      const subject = await register()
      // Twice: the AWS SDK asks once more after a reply that it cannot read.
      for (let times = 0; times < 2; times += 1) tap.spoilNext(pattern, spoiling)
      const outcome = await ask(subject, 'rotate')
      if (tap.waiting() < 2) played.push(spoiling)
      tap.forget()
      // Driven on, or looked at again: it ends well, or it is told in a message.
      expect(['succeeded', 'failed']).toContain(outcome)
    }

    expect(played).toEqual(spoilings)
    await expectNoLeak()
  })

  it.each([
    ['stytch', /\/rotate\/start /, 'createSecret'],
    ['aws', /GetSecretValue$/, 'createSecret'],
    ['aws', /PutSecretValue$/, 'createSecret'],
    ['stytch', /\/oauth2\/token /, 'testSecret'],
  ] as const)('of what is thrown, with its causes, when %s garbles %s in %s', async (side, pattern, step) => {
    const subject = await importClient(ABSENT_FUNCTION_ARN)
    await ask(subject, 'rotate')
    const pending = stage.aws.peek(subject.secretArn)?.versions.find(({ stages }) => stages.includes('AWSPENDING'))?.id
    if (step === 'testSecret') await runHere('createSecret', subject.secretArn, pending ?? '')

    const thrown: boolean[] = []
    for (const spoiling of spoilings) {
      // As often as the step asks: the last time it has to say so.
      for (let times = 0; times < 8; times += 1) stage.taps[side].spoilNext(pattern, spoiling)
      thrown.push(await noteFailure(`${step} with ${spoiling}`, runHere(step, subject.secretArn, pending ?? '')))
      stage.taps[side].forget()
    }

    expect(thrown).toContain(true)
    await expectNoLeak()
  })

  it('of a registration that fails, with the causes of its error', async () => {
    const faults: readonly (readonly ['stytch' | 'aws', RegExp, readonly Spoiling[]])[] = [
      ['stytch', /^POST \/v1\/m2m\/clients /, spoilings],
      ['stytch', /^PUT /, ['front']],
      ['aws', /CreateSecret$/, spoilings],
    ]

    const thrown: boolean[] = []
    for (const [side, pattern, ways] of faults) {
      for (const spoiling of ways) {
        for (let times = 0; times < 8; times += 1) stage.taps[side].spoilNext(pattern, spoiling)
        thrown.push(await noteFailure(`registration with ${spoiling}`, register()))
        stage.taps[side].forget()
      }
    }
    stage.aws.faults.add({ op: 'CreateSecret', kind: 'error', status: 400, count: 2 })
    stage.stytch.server.faults.add({ op: 'DeleteClient', kind: 'error', status: 500, count: 4 })
    thrown.push(await noteFailure('registration, and its undoing', register()))
    stage.aws.faults.clear()
    stage.stytch.server.faults.clear()

    expect(thrown).toContain(true)
    expect(thrown.at(-1)).toBe(true)
    await expectNoLeak()
  })

  it('of a project secret that Stytch refuses, or of a function that cannot start', async () => {
    const wrong = marked('wrong project secret')
    const run = async (env: Readonly<Record<string, string>>): Promise<void> => {
      const lambda = startLambda({
        modulePath: functionModule,
        timeoutMs: 20_000,
        env: { ...awsEnvironment(stage.address.aws, 'm2m-rotation'), ...env },
        onLog: (text) => stage.outputs.push({ from: 'log of a misconfigured function', text }),
      })
      const subject = await importClient(ABSENT_FUNCTION_ARN)
      await ask(subject, 'rotate')
      const pending = stage.aws.peek(subject.secretArn)?.versions.find(({ stages }) => stages.includes('AWSPENDING'))
      const event = { Step: 'createSecret', SecretId: subject.secretArn, ClientRequestToken: pending?.id }
      const result = await lambda.invoke(event)
      stage.outputs.push({ from: 'result of a misconfigured function', text: JSON.stringify(result) })
      expect(result.ok).toBe(false)
      await lambda.close()
    }
    const { address } = stage
    const settings = { STYTCH_PROJECT_ID: address.project_id, STYTCH_BASE_URL: address.stytch, M2M_EVENT_BUS: 'm2m' }

    await run({ ...settings, STYTCH_SECRET: wrong })
    await run({ STYTCH_PROJECT_ID: wrong, STYTCH_SECRET: wrong, STYTCH_BASE_URL: `http://user:${wrong}@127.0.0.1` })

    await expectNoLeak()
  })

  it('of functions that are killed in the middle', async () => {
    const kills = ['RotateStart', 'PutSecretValue'] as const

    for (const op of kills) {
      const subject = await register()
      let isKilled = false
      const onCall = (event: { readonly op: string; readonly phase: string }): void => {
        if (event.op !== op || event.phase !== 'after' || isKilled) return
        isKilled = true
        stage.rotation.kill()
      }
      const untap = [stage.stytch.server.tap(onCall), stage.aws.tap(onCall)]
      await ask(subject, 'rotate')
      for (const undo of untap) undo()
      expect(isKilled).toBe(true)
    }

    await expectNoLeak()
  })

  it('of all this together; and the values that were looked for are all there are', async () => {
    await expectNoLeak(0)
    const looked = new Set(known().map(({ value }) => value))

    const { SecretList: secrets = [] } = await stage.client.send(new ListSecretsCommand({ MaxResults: 100 }))
    const stored = secrets.flatMap(({ ARN }) => stage.aws.peek(ARN ?? '')?.versions.map(({ value }) => value) ?? [])
    const values = stored.flatMap((text) => /"client_secret":"([^"]+)"/.exec(text ?? '')?.[1] ?? [])

    expect(values.length).toBeGreaterThan(50)
    expect(values.filter((value) => !looked.has(value))).toEqual([])
    expect(stage.outputs.length).toBeGreaterThan(200)
    expect(new Set(known().map(({ name }) => name))).toEqual(
      new Set([
        'project secret',
        'client_secret',
        'next_client_secret',
        'access_token',
        'RotationToken',
        'Basic header',
        ...stage.marked.map(({ name }) => name),
      ]),
    )
  })
})

describe('the laptop as users start it', () => {
  it('says the project secret once, on its first line, and no other secret at all', async () => {
    const child = spawnCommand({ args: [laptopPath, '--stytch-port', '0', '--aws-port', '0'] })
    const firstLine = await child.printed(/^.*\n/)
    const address = JSON.parse(firstLine) as LaptopAddress
    const operator = createOperator(address)
    const secrets: KnownSecret[] = [
      { name: 'project secret', value: address.project_secret.slice('secret-test-'.length) },
    ]
    const { secretArn } = await operator.register('canary', ['read:things'])
    for (const intent of ['rotate', 'rollback', 'settle', 'revoke', 'settle'] as const) {
      await operator.rotate(secretArn, intent)
    }
    const { Versions: versions = [] } = await operator.secretsManager.send(
      new ListSecretVersionIdsCommand({ SecretId: secretArn, IncludeDeprecated: true }),
    )
    for (const { VersionId } of versions) {
      const { SecretString: text = '{}' } = await operator.secretsManager.send(
        new GetSecretValueCommand({ SecretId: secretArn, VersionId }),
      )
      secrets.push({ name: `value of ${VersionId}`, value: String(JSON.parse(text).client_secret) })
    }
    const bad = mark()
    secrets.push({ name: 'bad value', value: bad })
    await operator.secretsManager.send(
      new PutSecretValueCommand({ SecretId: secretArn, SecretString: `not json ${bad}` }),
    )
    const { VersionId: token = '' } = await operator.secretsManager.send(
      new RotateSecretCommand({ SecretId: secretArn }),
    )
    await endOf(address.aws, token)

    const processes = descendantsOf(process.pid).map(({ command }) => ({ from: 'process list', text: command }))
    child.kill('SIGTERM')
    await child.ended

    const outputs = [
      { from: 'stdout', text: child.stdout().slice(firstLine.length) },
      { from: 'stderr', text: child.stderr() },
      ...processes,
    ]
    expect(secrets.length).toBeGreaterThan(7)
    expect(child.stdout()).toBe(firstLine)
    expect(child.stderr()).toMatch(/"outcome":"refused","reason":"malformedSecret"/)
    expect(processes.some(({ text }) => text.includes('lambda m2m-laptop-rotation'))).toBe(true)
    expect(findLeaks(outputs, secrets)).toEqual([])
    operator.secretsManager.destroy()
  })
})

describe('the search', () => {
  const secret = { name: 'planted', value: mark() }
  const forms: readonly (readonly [string, string])[] = [
    ['plain', secret.value],
    [
      'ten characters of it, as JSON.parse quotes them',
      `Unexpected token, "${secret.value.slice(5, 15)}"... is not valid`,
    ],
    ['JSON in JSON', JSON.stringify({ text: JSON.stringify({ client_secret: secret.value }) })],
    ['base64', Buffer.from(secret.value).toString('base64')],
    ['base64url', Buffer.from(`?${secret.value}`).toString('base64url')],
    ['a Basic header', `Basic ${Buffer.from(`project-test-1:${secret.value}`).toString('base64')}`],
    ['base64 in a longer text', Buffer.from(`{"client_secret":"${secret.value}"}`).toString('base64')],
    ['hex', Buffer.from(secret.value).toString('hex')],
    ['an inspected cause', inspected(new Error('x', { cause: new Error('y', { cause: { hidden: secret.value } }) }))],
  ]

  it.each(forms)('finds a planted secret as %s', (_, text) => {
    const outputs = [
      { from: 'log', text: 'nothing here' },
      { from: 'planted', text: `before ${text} after` },
    ]

    const leaks = findLeaks(outputs, [secret])

    expect(leaks[0]).toMatchObject({ from: 'planted', name: 'planted' })
  })

  it('finds it in what the SDK throws over a garbled reply, which a careless handler would log', async () => {
    const subject = await register()
    for (let times = 0; times < 2; times += 1) stage.taps.aws.spoilNext(/GetSecretValue$/, 'bare')
    const thrown = await stage.client.send(new GetSecretValueCommand({ SecretId: subject.secretArn })).catch(inspected)

    const leaks = findLeaks([{ from: 'the SDK', text: String(thrown) }], known())

    expect(leaks).toContainEqual(expect.objectContaining({ from: 'the SDK', name: 'client_secret' }))
    stage.taps.aws.forget()
  })

  it('does not take the last four for the secret, nor an id for a rotation token', () => {
    const outputs = [{ from: 'log', text: `slot ${secret.value.slice(-4)}, request-id-test-${randomUUID()}` }]

    const leaks = findLeaks(outputs, [secret, { name: 'RotationToken', value: randomUUID(), fragment: 24 }])

    expect(leaks).toEqual([])
  })
})
