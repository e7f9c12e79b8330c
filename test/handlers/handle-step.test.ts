// The log of the rotation functions: which lines are metrics, by which intent, and that nothing but JSON stands in a line.
import type { Context } from 'aws-lambda'
import { afterEach, expect, test, vi } from 'vitest'
import { Fault } from '../../lambda/core/base/fault.ts'
import { handleStep } from '../../lambda/handlers/handle-step.ts'
import { SECRET_ARN } from '../fakes/fake-secrets.ts'
import { createRegisteredWorld, tokenOf, type World } from '../fakes/world.ts'

const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 30_000 } as Context
afterEach(() => vi.restoreAllMocks())

interface Line {
  readonly requestId: string
  readonly intent?: string
  readonly _aws?: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string }[]
    }[]
  }
}

const linesOf = async (world: World, event: object): Promise<readonly Line[]> => {
  const said: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  await handleStep({ stage: 'test', event, context }, (_request, journal) => ({ ...world.rotation, journal })).catch(
    () => {},
  )
  vi.restoreAllMocks()
  return said.map((line) => JSON.parse(line) as Line)
}
const metricsOf = (line: Line | undefined) =>
  line?._aws?.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics.map(({ Name }) => Name))

const rotating = async () => {
  const world = createRegisteredWorld()
  const token = tokenOf('rotate')
  world.secrets.rotateSecret(token)
  const ask = (Step: string) => linesOf(world, { Step, SecretId: SECRET_ARN, ClientRequestToken: token })
  return { world, ask }
}

test('a rotation that ended counts once, by its intent, and a step on the way not at all', async () => {
  const { ask } = await rotating()

  const [created] = await ask('createSecret')
  await ask('setSecret')
  await ask('testSecret')
  const [finished] = await ask('finishSecret')

  expect(created).toMatchObject({ step: 'createSecret', outcome: 'done', requestId: 'request-1' })
  expect(created).not.toHaveProperty('_aws')
  expect(metricsOf(finished)).toEqual(['RotationsFinished'])
  expect(finished?._aws?.CloudWatchMetrics[0]).toMatchObject({ Namespace: 'M2M/test', Dimensions: [[], ['intent']] })
  expect(finished?.intent).toBe('rotate')
})

test('a refusal counts as one, and a failure as a step that failed', async () => {
  const refusing = await rotating()
  refusing.world.issuer.clients.clear()
  expect(metricsOf((await refusing.ask('createSecret'))[0])).toEqual(['RotationsRefused', 'DriftDetected'])

  const failing = await rotating()
  failing.world.log.before.push(() => {
    throw new TypeError('a defect')
  })
  expect(metricsOf((await failing.ask('createSecret'))[0])).toEqual(['StepsFailed'])
})

test('what is no step is told, and counted under no intent', async () => {
  const [line] = await linesOf(createRegisteredWorld(), { Step: 'dance' })

  expect(metricsOf(line)).toEqual(['RotationsRefused'])
  expect(line?.intent).toBe('none')
})

test.each([
  ['recordsUnavailable', 'RecordsUnavailable'],
  ['proofPending', 'ProofPending'],
])('%s counts as %s', async (outcome, metric) => {
  const world = createRegisteredWorld()
  const said: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  await handleStep(
    {
      stage: 'test',
      event: { Step: 'createSecret', SecretId: SECRET_ARN, ClientRequestToken: tokenOf('rotate') },
      context,
    },
    (_request, journal) => {
      journal.note({ outcome, secretName: 'm2m/test/orders' })
      return { ...world.rotation, journal }
    },
  ).catch(() => {})
  vi.restoreAllMocks()

  expect(metricsOf(JSON.parse(said[0] ?? '{}') as Line)).toEqual([metric])
})

test('a secret that could not be looked at before its step counts as a step that failed', async () => {
  const said: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  const fault = new Fault({ code: 'SECRETS_MANAGER_UNAVAILABLE', retryable: true, message: 'It did not answer.' })
  const event = { Step: 'createSecret', SecretId: SECRET_ARN, ClientRequestToken: tokenOf('rotate') }

  await expect(handleStep({ stage: 'test', event, context }, async () => Promise.reject(fault))).rejects.toBe(fault)
  vi.restoreAllMocks()

  const line = JSON.parse(said[0] ?? '{}') as Line
  expect(metricsOf(line)).toEqual(['StepsFailed'])
  expect(line).toMatchObject({ step: 'createSecret', secret: SECRET_ARN, outcome: 'failed', retryable: true })
})
