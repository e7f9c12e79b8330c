// Where a command sits: which stage, whose screen, and what it may call. The adapters are put together when a command first asks for them,
// so that `--help` and a faulty file cost no SDK.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { FreezeSwitch } from '../../lambda/adapters/aws/freeze-switch.ts'
import type { Timing } from '../../lambda/core/base/timing.ts'
import type { ClientsApi, StageView } from '../../lambda/core/clients/clients-api.ts'
import type { CheckQuestions } from '../../lambda/core/drive/check-questions.ts'
import type { ProofQuestions } from '../../lambda/core/drive/proof-questions.ts'
import type { RotationSteps } from '../../lambda/core/drive/rotation-steps.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import { isStageName, STAGE_RULE } from '../../lambda/core/secret/stage-name.ts'
import { readCaller } from './caller.ts'
import { processEndpoint } from './cli-env.ts'
import { CommandFault, EXIT } from './command-fault.ts'
import type { Screen } from './screen.ts'
import { within } from './within.ts'

interface Connections {
  readonly secrets: Secrets
  /** The rotation function of a secret, asked for a step. */
  stepsOf(rotationFunctionArn: string): RotationSteps
  /** The same, asked whether what was revoked is still refused, and whether Stytch accepts what consumers read. */
  questionsOf(rotationFunctionArn: string): ProofQuestions & CheckQuestions
  readonly clientsApi: ClientsApi
  readonly freeze: FreezeSwitch
  readonly lambda: LambdaClient
  readonly secretsManager: SecretsManagerClient
}

export interface CommandContext {
  readonly stage: string
  readonly screen: Screen
  /** Who is at work, for what is recorded about it: as M2M_OPERATOR says, else as AWS knows the caller. Undefined: neither is known. */
  by(): Promise<string | undefined>
  /** As AWS knows the caller; asked for once. Undefined: STS did not answer. */
  caller(): Promise<string | undefined>
  readonly timing: Timing
  /** New each time. */
  newId(): string
  functionName(part: string): string
  connect(): Promise<Connections>
  /** What the deployment says of itself; asked for once. */
  view(): Promise<StageView>
  /** The bucket of the evidence archive, as the deployment says; not waited for long. Undefined: it did not say. */
  deployedBucket(): Promise<string | undefined>
}

interface ContextInput {
  readonly stage: string | undefined
  readonly screen: Screen
  /** As the environment names whoever is at work. */
  readonly operator: string | undefined
  /** A set of the stage's configuration to act for, or break-glass. @default - whichever a file names, or the only one */
  readonly set?: string | undefined
}

/** What a tag's value may hold. */
const asTagValue = (name: string): string => name.replace(/[^\p{L}\p{N} _.:/=+\-@]/gu, '_').slice(0, 100)

const checkedStage = (stage: string | undefined): string => {
  if (stage === undefined) {
    throw new CommandFault(EXIT.usage, 'no stage was given: add --stage, or set M2M_STAGE (on a laptop: laptop)')
  }
  if (!isStageName(stage)) {
    throw new CommandFault(EXIT.usage, `the stage ${JSON.stringify(stage)} is malformed: expected ${STAGE_RULE}`)
  }
  return stage
}

/** The chain finds no credentials, or no Region, only when it is asked; better now than in the middle. */
export const assertSignedIn = async ({ config }: SecretsManagerClient): Promise<void> => {
  await config.region().catch(() => {
    throw new CommandFault(EXIT.usage, 'no AWS Region was found: set AWS_REGION, or a profile that names one')
  })
  await config.credentials().catch((error: unknown) => {
    const why = error instanceof Error ? error.name : 'unknown'
    throw new CommandFault(EXIT.usage, `no AWS credentials were found (${why}): sign in, or set AWS_PROFILE`)
  })
}

const createConnections = async (stage: string, set: string | undefined): Promise<Connections> => {
  const [clients, clientsApi, secrets, freeze, invoking, steps, proofs, checks] = await Promise.all([
    import('../../lambda/adapters/aws/clients.ts'),
    import('../../lambda/adapters/aws/clients-api.ts'),
    import('../../lambda/adapters/aws/secrets.ts'),
    import('../../lambda/adapters/aws/freeze-switch.ts'),
    import('../../lambda/adapters/aws/invoking.ts'),
    import('../../lambda/adapters/aws/rotation-steps.ts'),
    import('../../lambda/adapters/aws/proof-questions.ts'),
    import('../../lambda/adapters/aws/check-questions.ts'),
  ])
  const secretsManager = clients.createSecretsManager()
  await assertSignedIn(secretsManager)
  const lambda = clientsApi.createLambdaClient()
  const invoke = invoking.createInvoking(processEndpoint('LAMBDA'), secretsManager.config)
  return {
    secretsManager,
    lambda,
    secrets: secrets.createSecrets(secretsManager),
    stepsOf: (rotationFunctionArn) => steps.createRotationSteps(invoke, rotationFunctionArn),
    questionsOf: (rotationFunctionArn) => ({
      ...proofs.createProofQuestions(invoke, rotationFunctionArn),
      ...checks.createCheckQuestions(invoke, rotationFunctionArn),
    }),
    clientsApi: clientsApi.createClientsApi(lambda, `m2m-${stage}-clients`, set),
    freeze: freeze.createFreezeSwitch(freeze.createSystemsManager(), `/m2m/${stage}/freeze`),
  }
}

export const wallTiming: Timing = {
  now: Date.now,
  // A person waits, and may press Ctrl-C.
  remainingMs: () => Number.MAX_SAFE_INTEGER,
  wait: async (ms) => {
    await sleep(ms)
  },
}

/** Replies are dated to the second, and take some time to arrive. */
const TOLERATED_SKEW_MS = 60_000

/**
 * The functions compare requests and reports with their own clock, so a command dates them by AWS's: this machine's clock may be hours off.
 * @param offsetMs what the SDK's client has found in the dates of replies
 */
const timingByAws = (offsetMs: () => number): Timing => ({
  ...wallTiming,
  now: () => {
    const ms = offsetMs()
    return Date.now() + (Math.abs(ms) > TOLERATED_SKEW_MS ? ms : 0)
  },
})

/** The deployment says it at once, or is not waited for. */
const VIEW_PATIENCE_MS = 5000

/** @throws CommandFault `usage` for a stage that is missing or malformed. */
export const openContext = ({ stage: given, screen, operator, set }: ContextInput): CommandContext => {
  const stage = checkedStage(given)
  let connections: Promise<Connections> | undefined
  let view: Promise<StageView> | undefined
  let caller: Promise<string | undefined> | undefined
  let bucket: Promise<string | undefined> | undefined
  let connected: readonly (SecretsManagerClient | LambdaClient)[] = []
  const context: CommandContext = {
    stage,
    screen,
    by: async () => (operator === undefined ? context.caller() : asTagValue(operator)),
    caller: () => {
      caller ??= context.connect().then(({ secretsManager }) => readCaller(secretsManager))
      return caller
    },
    timing: timingByAws(() => connected.map(({ config }) => config.systemClockOffset).find((ms) => ms !== 0) ?? 0),
    newId: randomUUID,
    functionName: (part) => `m2m-${stage}-${part}`,
    connect: () => {
      connections ??= createConnections(stage, set).then((made) => {
        connected = [made.secretsManager, made.lambda]
        return made
      })
      return connections
    },
    view: () => {
      view ??= context.connect().then(({ clientsApi }) => clientsApi.stage())
      return view
    },
    deployedBucket: () => {
      const asked = () => context.view().then(({ evidenceBucket }) => evidenceBucket)
      // Whatever it is for goes on without the clients function.
      bucket ??= within(VIEW_PATIENCE_MS, asked(), undefined).catch(() => undefined)
      return bucket
    },
  }
  return context
}
