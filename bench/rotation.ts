// `npm run bench:rotation`: one full rotation against the same stand-ins, by the deployed function, by what AWS's generic template comes to,
// and by Stytch's SDK with Powertools. Each in a warm process of its own, interleaved; calls and bytes counted on the wire.

import { fileURLToPath } from 'node:url'
import { CreateSecretCommand, RotateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { settleToken } from '../lambda/core/drive/settle-request.ts'
import { WITHOUT_LAG } from '../lambda/core/rotation/bounds.ts'
import { makeRequestToken } from '../lambda/core/secret/request-token.ts'
import { TAG } from '../lambda/core/secret/secret-tags.ts'
import { writeRotationEnv } from '../lambda/env/rotation.ts'
import { createAwsStandIn } from '../lambda/local/aws/aws-stand-in.ts'
import { awsEnvironment } from '../lambda/local/laptop/laptop.ts'
import { type Lambda, startLambda } from '../lambda/local/runner/lambda-runner.ts'
import { createWorld } from '../lambda/local/stand-in/world.ts'
import { createStytchStandIn } from '../lambda/local/stytch/stytch-stand-in.ts'
import { type Bench, integer, median, medianRatio, ms, runAlone, times } from './report.ts'
import { startWire, type Wire } from './rotation/wire.ts'

interface Cycle {
  readonly name: string
  /** Of `functions` below. */
  readonly by: string
  readonly intents: readonly ('rotate' | 'settle')[]
  /** What it is for, besides a new value. */
  readonly leaves: string
}

interface Measured {
  readonly ms: number
  readonly secretsManager: number
  /** A freeze read, events published. */
  readonly otherAws: number
  readonly stytch: number
  readonly bytes: number
}

const PROJECT_SECRET_ID = 'stytch/bench'
const BUS = 'm2m-bench'

const cycles: readonly Cycle[] = [
  { name: 'this project: `rotate`', by: 'ours', intents: ['rotate'], leaves: 'an overlap: both values work' },
  {
    name: 'this project: `rotate` and its `settle`',
    by: 'ours',
    intents: ['rotate', 'settle'],
    leaves: 'the old value dead, and proven so',
  },
  { name: 'AWS’s generic template', by: 'template', intents: ['rotate'], leaves: 'the old value dead at once' },
  {
    name: '`stytch` SDK, Powertools parameters',
    by: 'vendorSdk',
    intents: ['rotate'],
    leaves: 'the old value dead at once',
  },
]

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const modules: Readonly<Record<string, string>> = {
  ours: pathOf('../lambda/handlers/on-rotation.ts'),
  template: pathOf('rotation/template.ts'),
  vendorSdk: pathOf('rotation/vendor-sdk.ts'),
}

const startPlace = async () => {
  const world = createWorld()
  const projectId = 'project-test-11111111-1111-4111-8111-111111111111'
  const projectSecret = 'secret-test-bench-bench-bench'
  const stytch = createStytchStandIn({ world, projectId, projectSecret })
  const lambdas = new Map<string, Lambda>()
  const arnOf = (by: string): string => `arn:aws:lambda:us-east-1:000000000000:function:bench-${by}`
  const aws = createAwsStandIn({
    world,
    invoke: async (arn, event) =>
      (await lambdas.get(arn)?.invoke(event)) ?? { ok: false, errorType: 'None', errorMessage: 'no function' },
  })
  const [stytchUrl, awsUrl] = [await stytch.server.listen(0), await aws.listen(0)]
  const wires: Wire[] = []
  for (const [by, modulePath] of Object.entries(modules)) {
    const [toAws, toStytch] = [await startWire(awsUrl), await startWire(stytchUrl)]
    wires.push(toAws, toStytch)
    const place = { projectId, projectSecret: { kind: 'stored', secretId: PROJECT_SECRET_ID }, baseUrl: toStytch.url }
    const own = writeRotationEnv({
      stage: 'bench',
      stytch: place as Parameters<typeof writeRotationEnv>[0]['stytch'],
      eventBus: BUS,
      freeze: { parameter: '/m2m/bench/freeze' },
      bounds: WITHOUT_LAG,
    })
    const env = {
      ...awsEnvironment(toAws.url, `bench-${by}`),
      ...(by === 'ours' ? own : { STYTCH_BASE_URL: toStytch.url, STYTCH_SECRET_ID: PROJECT_SECRET_ID }),
      POWERTOOLS_LOG_LEVEL: 'INFO',
    }
    lambdas.set(
      arnOf(by),
      startLambda({ modulePath, env, timeoutMs: 30_000, functionName: `bench-${by}`, onLog: () => {} }),
    )
  }
  const client = new SecretsManagerClient({
    endpoint: awsUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  })
  const keep = { project_id: projectId, secret: projectSecret }
  await client.send(new CreateSecretCommand({ Name: PROJECT_SECRET_ID, SecretString: JSON.stringify(keep) }))

  /** A registered client of its own for each cycle, rotated by its function. */
  const register = async ({ by }: Cycle, at: number): Promise<string> => {
    const { clientId, secret } = stytch.seed({ scopes: ['read:things'] })
    const { ARN = '' } = await client.send(
      new CreateSecretCommand({
        Name: `m2m/bench/${by}-${at}`,
        SecretString: JSON.stringify({
          client_id: clientId,
          client_secret: secret,
          project_id: projectId,
          token_url: `${stytchUrl}/v1/public/${projectId}/oauth2/token`,
        }),
        Tags: [{ Key: TAG.client, Value: clientId }],
      }),
    )
    const schedule = { RotationRules: { AutomaticallyAfterDays: 60 }, RotateImmediately: false }
    await client.send(new RotateSecretCommand({ SecretId: ARN, RotationLambdaARN: arnOf(by), ...schedule }))
    await aws.idle()
    return ARN
  }

  let number = 0
  const currentOf = (secretArn: string): string =>
    aws.peek(secretArn)?.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.id ?? ''
  const rotate = async (secretArn: string, origin: 'rotate' | 'settle'): Promise<number> => {
    number += 1
    const current = currentOf(secretArn)
    const askedAt = world.clock.now()
    const token =
      origin === 'settle'
        ? settleToken({ secretArn, currentId: current }, [], askedAt)
        : makeRequestToken({ origin, askedAt, secretArn, about: String(number), attempt: 1 })
    const startedAt = performance.now()
    await client.send(new RotateSecretCommand({ SecretId: secretArn, ClientRequestToken: token }))
    await aws.idle()
    const took = performance.now() - startedAt
    if (currentOf(secretArn) !== token) throw new Error(`the ${origin} of ${secretArn} did not come through`)
    return took
  }
  const bytes = (): number => wires.reduce((sum, wire) => sum + wire.bytes(), 0)
  const elsewhere = ['PutEvents', 'GetParameter']
  const ofSecrets = (): number =>
    aws.calls().filter(({ op }) => !elsewhere.includes(op) && op !== 'RotateSecret').length
  const ofOthers = (): number => aws.calls().filter(({ op }) => elsewhere.includes(op)).length

  /** The cycle, measured; then whatever overlap is left is settled, unmeasured, so that the next one begins alike. */
  const measure = async (secretArn: string, { by, intents }: Cycle): Promise<Measured> => {
    const before = {
      bytes: bytes(),
      secretsManager: ofSecrets(),
      otherAws: ofOthers(),
      stytch: stytch.server.calls().length,
    }
    let took = 0
    for (const intent of intents) took += await rotate(secretArn, intent)
    const made = {
      ms: took,
      bytes: bytes() - before.bytes,
      secretsManager: ofSecrets() - before.secretsManager,
      otherAws: ofOthers() - before.otherAws,
      stytch: stytch.server.calls().length - before.stytch,
    }
    if (by === 'ours' && !intents.includes('settle')) await rotate(secretArn, 'settle')
    return made
  }
  return {
    register,
    measure,
    close: async () => {
      client.destroy()
      await Promise.all([...lambdas.values()].map((lambda) => lambda.close()))
      await Promise.all([...wires.map((wire) => wire.close()), stytch.server.close(), aws.close()])
    },
  }
}

export const benchRotation: Bench = async ({ isQuick }) => {
  const runs = isQuick ? 8 : 40
  const place = await startPlace()
  try {
    const secrets = await Promise.all(cycles.map((cycle, at) => place.register(cycle, at)))
    const results = cycles.map((): Measured[] => [])
    // Two more, which warm processes and connections, and are not counted.
    for (let run = -2; run < runs; run += 1) {
      for (const [at, cycle] of cycles.entries()) {
        const measured = await place.measure(secrets[at] ?? '', cycle)
        if (run >= 0) results[at]?.push(measured)
      }
    }
    const of = (at: number, key: keyof Measured): readonly number[] => (results[at] ?? []).map((one) => one[key])
    const [rotate, whole, template, sdk] = [0, 1, 2, 3] as const
    return {
      tables: [
        {
          title: `A rotation, warm, ${runs} of each, interleaved`,
          columns: [
            'by',
            'Secrets Manager calls',
            'Stytch calls',
            'other AWS calls',
            'bytes on the wire',
            'wall time, ms',
            '× template',
            'leaves',
          ],
          rows: cycles.map(({ name, leaves }, at) => [
            name,
            integer(median(of(at, 'secretsManager'))),
            integer(median(of(at, 'stytch'))),
            integer(median(of(at, 'otherAws'))),
            integer(median(of(at, 'bytes'))),
            ms(median(of(at, 'ms'))),
            times(medianRatio(of(at, 'ms'), of(template, 'ms'))),
            leaves,
          ]),
        },
      ],
      ratios: {
        'rotation: wall time of rotate, of the template': medianRatio(of(rotate, 'ms'), of(template, 'ms')),
        'rotation: wall time of rotate, of the SDK': medianRatio(of(rotate, 'ms'), of(sdk, 'ms')),
        'rotation: wall time of rotate and settle, of the template': medianRatio(of(whole, 'ms'), of(template, 'ms')),
        'rotation: calls of rotate, of the template':
          (median(of(rotate, 'secretsManager')) + median(of(rotate, 'stytch'))) /
          (median(of(template, 'secretsManager')) + median(of(template, 'stytch'))),
      },
    }
  } finally {
    await place.close()
  }
}

if (import.meta.main) await runAlone(benchRotation)
