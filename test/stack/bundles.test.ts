// What is uploaded: each function's asset as synth makes it, run on Node 24 from there alone; what is in it, and how large it is.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BundleName, bundleDirectory } from '../../lib/base/function-bundle.ts'
import { synthStack } from './synth.ts'

/** Before compression and after it; what Lambda loads grows with the first, what it fetches with the second. */
interface Budget {
  readonly kB: number
  readonly gzippedKB: number
}

/**
 * Of undici what one request takes, 222 kB (docs/decisions/041); the rest is the SDK's client and its signing. Of the SDK's credential
 * sources only the environment is in it (docs/decisions/017).
 */
const budgets: Readonly<Record<BundleName, Budget>> = {
  // 34 kB of it are what the rotation remembers, proves and signs, and how it waits for what is not visible yet.
  // 8 kB answer whether Stytch accepts what consumers read (docs/decisions/059), 10 kB publish who is revoked (docs/decisions/092).
  // 2 kB answer which secret holds a client, 1 kB puts the proofs' key beside them.
  'on-rotation': { kB: 732, gzippedKB: 198 },
  'on-project-rotation': { kB: 717, gzippedKB: 194 },
  'on-client-resource': { kB: 616, gzippedKB: 168 },
  // 2 kB of it answer `m2m doctor` which values a rotation would refuse.
  'on-clients-request': { kB: 679, gzippedKB: 185 },
  // No undici: it speaks to S3 alone.
  'on-archive': { kB: 510, gzippedKB: 128 },
  // No undici either: AWS is all it speaks to, and Systems Manager and Lambda without a client (docs/decisions/020).
  // 16 kB of it are what was reported, and what people read of it (docs/decisions/073); 3 kB answer CloudFormation (docs/decisions/102).
  'on-sweep': { kB: 472, gzippedKB: 128 },
  'on-identify': { kB: 593, gzippedKB: 163 },
  // 3 kB ask which secret holds a client, and name its holder where it could not be revoked (docs/decisions/089).
  'on-incident': { kB: 419, gzippedKB: 111 },
  // 5 kB ask which secret holds a client that is given by its id (docs/decisions/104). The durable SDK brings Lambda's own client along. 25 kB tell what became of each secret, and let somebody pause or stop (docs/decisions/061).
  'on-campaign': { kB: 889, gzippedKB: 235 },
  // Of jose what signs a JWT: 18 kB, 6 kB gzipped.
  'on-leak-report': { kB: 624, gzippedKB: 169 },
  'on-read': { kB: 330, gzippedKB: 90 },
  // No client of the SDK (docs/decisions/023).
  'on-vend': { kB: 322, gzippedKB: 92 },
}

/** What every caller of AWS brings along: the protocol, the signature, and credentials from the environment. */
const sdkCore = [
  '@aws-sdk/core',
  '@aws-sdk/credential-provider-env',
  '@aws/lambda-invoke-store',
  '@smithy/core',
  '@smithy/node-http-handler',
  '@smithy/signature-v4',
  '@smithy/types',
]

/** A package that joins a bundle joins this list, by somebody's decision. */
const allowed: Readonly<Record<BundleName, readonly string[]>> = {
  'on-rotation': [
    ...sdkCore,
    '@aws-sdk/client-eventbridge',
    '@aws-sdk/client-secrets-manager',
    // EventBridge's global endpoints.
    '@aws-sdk/signature-v4-multi-region',
    'undici',
  ],
  'on-project-rotation': [
    ...sdkCore,
    '@aws-sdk/client-eventbridge',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/signature-v4-multi-region',
    'undici',
  ],
  'on-client-resource': [...sdkCore, '@aws-sdk/client-secrets-manager', 'undici'],
  'on-clients-request': [...sdkCore, '@aws-sdk/client-secrets-manager', 'undici'],
  'on-archive': [
    ...sdkCore,
    '@aws-sdk/client-s3',
    // What of S3 is unlike other services: its checksums, its addresses, its XML.
    '@aws-sdk/checksums',
    '@aws-sdk/middleware-sdk-s3',
    '@aws-sdk/signature-v4-multi-region',
    '@aws-sdk/xml-builder',
  ],
  'on-campaign': [
    ...sdkCore,
    // Of the environment alone; its own name stays, since the durable SDK's client asks for it.
    '@aws-sdk/credential-provider-node',
    '@aws-sdk/client-eventbridge',
    '@aws-sdk/client-lambda',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/signature-v4-multi-region',
    '@aws/durable-execution-sdk-js',
  ],
  'on-incident': [
    ...sdkCore,
    '@aws-sdk/client-eventbridge',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/signature-v4-multi-region',
  ],
  'on-sweep': [
    ...sdkCore,
    '@aws-sdk/client-eventbridge',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/signature-v4-multi-region',
  ],
  // Of X-Ray nothing: traces are Lambda's own and hold no payload (docs/decisions/035).
  'on-identify': [...sdkCore, '@aws-sdk/client-secrets-manager', 'undici'],
  'on-read': [...sdkCore, '@aws-sdk/client-secrets-manager'],
  'on-leak-report': [
    ...sdkCore,
    '@aws-sdk/client-eventbridge',
    '@aws-sdk/client-secrets-manager',
    '@aws-sdk/signature-v4-multi-region',
    // Signs the GitHub App's JWT.
    'jose',
    'undici',
  ],
  'on-vend': ['@smithy/core', '@smithy/signature-v4', 'undici'],
}

const bundles = Object.keys(allowed) as BundleName[]
/** What never speaks to Stytch. */
const withoutStytch: ReadonlySet<BundleName> = new Set<BundleName>([
  'on-archive',
  'on-campaign',
  'on-incident',
  'on-sweep',
  'on-leak-report',
  'on-read',
])

const packageOf = (path: string): string | undefined => {
  const inside = path.split('node_modules/').at(-1)
  if (inside === undefined || inside === path) return undefined
  const [scope = '', name = ''] = inside.split('/')
  return scope.startsWith('@') ? `${scope}/${name}` : scope
}

const contentsOf = (name: BundleName) => {
  const metafile = JSON.parse(readFileSync(join(bundleDirectory(name), 'meta.json'), 'utf8')) as Metafile
  const kept = Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  )
  return { files: kept, packages: new Set(kept.flatMap((path) => packageOf(path) ?? [])) }
}

describe('every bundle', () => {
  test.each(bundles)('holds nothing but the packages that are listed: %s', (name) => {
    const found = [...contentsOf(name).packages]

    expect(found.filter((one) => !allowed[name].includes(one))).toEqual([])
    expect(allowed[name].filter((one) => !found.includes(one))).toEqual([])
  })

  test.each(bundles)('holds nothing of the laptop, and no address but that of Stytch: %s', (name) => {
    const code = readFileSync(join(bundleDirectory(name), 'index.mjs'), 'utf8')
    for (const word of ['STYTCH_BASE_URL', 'STYTCH_SECRET', '127.0.0.1', 'DEPLOYED_BUNDLE']) {
      expect(code).not.toContain(word)
    }
    expect(contentsOf(name).files.filter((file) => file.startsWith('lambda/local/'))).toEqual([])
    expect(code.includes('https://api.stytch.com')).toBe(!withoutStytch.has(name))
  })

  test.each(bundles)('is within its budget: %s', (name) => {
    const code = readFileSync(join(bundleDirectory(name), 'index.mjs'))
    const [kB, gzippedKB] = [code.length / 1000, gzipSync(code, { level: 9 }).length / 1000]
    const budget = budgets[name]

    console.log(
      `${name}: ${kB.toFixed(0)} of ${budget.kB} kB, ${gzippedKB.toFixed(0)} of ${budget.gzippedKB} kB gzipped`,
    )
    expect(kB).toBeLessThanOrEqual(budget.kB)
    expect(gzippedKB).toBeLessThanOrEqual(budget.gzippedKB)
  })
})

describe('every function, imported from its asset alone on Node 24', () => {
  const node = join(process.cwd(), 'node_modules', '.bin', 'node')
  const lonely = mkdtempSync(join(tmpdir(), 'm2m-asset-'))
  let assets: ReadonlyMap<string, string>

  beforeAll(() => {
    const { app, stack } = synthStack({ vendor: { endpoint: 'regional' } })
    const assembly = app.synth()
    const template = assembly.getStackArtifact(stack.artifactId).template as {
      readonly Resources: Readonly<
        Record<string, { readonly Type: string; readonly Properties: Record<string, unknown> }>
      >
    }
    const functions = Object.values(template.Resources).filter(({ Type }) => Type === 'AWS::Lambda::Function')
    assets = new Map(
      functions.map(({ Properties }) => {
        const { S3Key } = Properties.Code as { readonly S3Key: string }
        return [String(Properties.FunctionName), join(assembly.directory, `asset.${S3Key.replace('.zip', '')}`)]
      }),
    )
  })

  afterAll(() => {
    rmSync(lonely, { recursive: true, force: true })
  })

  /** Nothing of this repository is within reach of the copy, nor anything of this process's environment. */
  const answerOf = (functionName: string, event: unknown, env: Readonly<Record<string, string>>): string => {
    const asset = assets.get(functionName)
    if (asset === undefined) throw new Error(`${functionName} has no asset`)
    const copy = join(lonely, functionName)
    cpSync(asset, copy, { recursive: true })
    expect(readdirSync(copy)).toEqual(['index.mjs'])
    const code = `const { handler } = await import(${JSON.stringify(join(copy, 'index.mjs'))})
const context = { awsRequestId: 'request', invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111111111111:function:${functionName}:look', getRemainingTimeInMillis: () => 5000 }
const fault = await handler(${JSON.stringify(event)}, context).then((reply) => 'done ' + JSON.stringify(reply), (error) => error.name + ' ' + error.code + ': ' + error.message)
process.stderr.write(process.version + ' ' + fault)`
    const run = spawnSync(node, ['--input-type=module', '--eval', code], { encoding: 'utf8', cwd: lonely, env })
    return run.stderr
  }

  const closed = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIA0000000000000000',
    AWS_SECRET_ACCESS_KEY: 'not-a-key',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    STYTCH_PROJECT_ID: 'project-test-00000000-0000-4000-8000-000000000000',
    STYTCH_PROJECT_SECRET_ID: 'stytch/m2m',
  }
  const rotationEnv = { ...closed, M2M_STAGE: 'prod', M2M_EVENT_BUS: 'm2m', M2M_FREEZE_PARAMETER: '/m2m/prod/freeze' }
  const sweepEnv = {
    ...rotationEnv,
    M2M_STAGE: 'prod',
    M2M_SECRET_PREFIX: 'm2m/prod/',
    M2M_ROTATION_FUNCTION: 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-prod-rotation',
    M2M_PERIOD_HOURS: '720',
    M2M_OVERLAP_HOURS: '24',
    M2M_LONGEST_HOLD_HOURS: '168',
    M2M_SWEEP_EVERY_MINUTES: '15',
  }
  const registrarEnv = {
    ...closed,
    M2M_SECRET_PREFIX: 'm2m/prod/',
    M2M_ROTATION_FUNCTION: 'arn:aws:lambda:eu-west-1:111111111111:function:m2m-prod-rotation',
    M2M_READERS: 'arn:aws:iam::111111111111:role/rotation',
    M2M_CHANGERS: 'arn:aws:iam::111111111111:role/registrar',
  }
  const clientsEnv = {
    ...registrarEnv,
    M2M_BACKSTOP: '60',
    M2M_PERIOD_HOURS: '720',
    M2M_OVERLAP_HOURS: '24',
    M2M_LONGEST_HOLD_HOURS: '168',
  }
  const identifyEnv = { ...closed, M2M_SECRET_PREFIX: 'm2m/prod/', M2M_SEARCHES_PER_MINUTE: '10' }
  const archiveEnv = { ...closed, M2M_STAGE: 'prod', M2M_EVIDENCE_BUCKET: 'evidence' }
  const vendorEnv = {
    ...closed,
    STYTCH_VERTICAL: 'consumer',
    M2M_SECRET_PREFIX: 'm2m/prod/',
    M2M_EVENT_BUS: 'm2m',
    M2M_API_ID: 'abc123',
    M2M_API_URL: 'https://abc123.execute-api.eu-west-1.amazonaws.com/v1',
    M2M_CHECK_SECONDS: '30',
    M2M_REVOCATIONS_BUCKET: 'm2m-revocations',
  }
  const event = { 'detail-type': 'Secret Revoked', source: 'm2m.rotation', time: '2026-03-10T12:34:56Z', detail: {} }
  const step = { Step: 'testSecret', SecretId: 'arn:aws:secretsmanager:x', ClientRequestToken: 'x'.repeat(36) }
  const request = {
    RequestType: 'Create',
    ResponseURL: 'https://example.com/answer',
    StackId: 'arn:aws:cloudformation:eu-west-1:111111111111:stack/m2m/1',
    RequestId: 'request',
    LogicalResourceId: 'Client',
    ResourceProperties: {},
  }

  test.each([
    ['m2m-prod-rotation', { Step: 'dance' }, rotationEnv, /^v24\..* RotationRefused .*not a rotation step/],
    ['m2m-prod-rotation', step, rotationEnv, /^v24\..* Fault SECRETS_MANAGER_UNAVAILABLE/],
    ['m2m-prod-rotation', step, closed, /M2M_EVENT_BUS is missing/],
    ['m2m-prod-sweep', {}, sweepEnv, /^v24\..* done .*"freeze":"unreadable".*"isWhole":false/],
    ['m2m-prod-sweep', { scheduledAt: '2099-01-01T00:00:00Z' }, sweepEnv, /^v24\..* Fault INPUT_MALFORMED: .*no sweep/],
    ['m2m-prod-sweep', {}, closed, /M2M_SWEEP_EVERY_MINUTES is missing/],
    ['m2m-prod-archive', { detail: {} }, archiveEnv, /^v24\..* Fault INPUT_MALFORMED: This is no event of a bus/],
    [
      'm2m-prod-archive',
      event,
      archiveEnv,
      /^v24\..* Fault ARCHIVE_UNAVAILABLE: S3 PutObject of unsorted\/secret-revoked-/,
    ],
    ['m2m-prod-archive', event, closed, /M2M_EVIDENCE_BUCKET is missing/],
    ['m2m-prod-identify', { value: 'x' }, identifyEnv, /^v24\..* Fault INPUT_MALFORMED: Asked asynchronously/],
    ['m2m-prod-identify', { value: 'x' }, closed, /M2M_SEARCHES_PER_MINUTE is missing/],
    ['m2m-prod-registrar', {}, registrarEnv, /^v24\..* Fault INPUT_MALFORMED: The event is not a custom resource's/],
    ['m2m-prod-registrar', request, registrarEnv, /^v24\..* Fault ANSWER_NOT_TAKEN: .*not one of AWS/],
    ['m2m-prod-registrar', request, closed, /M2M_SECRET_PREFIX is missing/],
    ['m2m-prod-vendor', {}, vendorEnv, /^v24\..* done .*"statusCode":403.*access_denied/],
    ['m2m-prod-vendor', {}, closed, /M2M_API_ID is missing/],
    ['m2m-prod-clients', { action: 'dance' }, clientsEnv, /^v24\..* done .*"code":"INPUT_MALFORMED".*action: expected/],
    ['m2m-prod-clients', { action: 'whoami' }, clientsEnv, /^v24\..* done .*"code":"SECRETS_MANAGER_UNAVAILABLE"/],
    ['m2m-prod-clients', { action: 'whoami' }, registrarEnv, /M2M_BACKSTOP is missing/],
  ])('%s answers %j', (functionName, event, env, expected) => {
    expect(answerOf(functionName, event, env)).toMatch(expected)
  })
})
