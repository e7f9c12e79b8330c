// The rotation function: Secrets Manager calls it for each of the four steps. Reads the settings, puts the adapters together once
// per execution environment, checks the event's shape, and hands the step to its use case.
import type { Context } from 'aws-lambda'
import { createEventBridge, createSecretsManager } from '../adapters/aws/clients.ts'
import { createFreeze } from '../adapters/aws/freeze.ts'
import { createOutcomes } from '../adapters/aws/outcomes.ts'
import { createSignedCall } from '../adapters/aws/signed-call.ts'
import { createVault } from '../adapters/aws/vault.ts'
import { createStytchConnection } from '../adapters/stytch/connect.ts'
import { createStytchIssuer } from '../adapters/stytch/issuer.ts'
import { createTiming } from '../adapters/timing.ts'
import { clientForm } from '../domain/rotation/secret-format.ts'
import { processEnvironment, readRotationEnv } from '../env.ts'
import { handleStep } from './handle-step.ts'

const settings = readRotationEnv(processEnvironment())
const secretsManager = createSecretsManager()
const connect = createStytchConnection(settings.stytch, secretsManager)
const vault = createVault(secretsManager)
const outcomes = createOutcomes(createEventBridge(), settings.eventBus)
const systemsManager = createSignedCall(secretsManager, { service: 'ssm', endpoint: settings.freeze.endpoint })
const freeze = createFreeze(systemsManager, settings.freeze.parameter)

/** @throws RotationRefused or Fault: a step that throws is a failed step to Secrets Manager. */
export const handler = (event: unknown, context: Context): Promise<void> =>
  handleStep({ stage: settings.stage, event, context }, (_request, journal) => {
    const timing = createTiming(() => context.getRemainingTimeInMillis())
    const issuer = createStytchIssuer(connect(timing), settings.stytch.projectId)
    return { issuer, form: clientForm, vault, outcomes, freeze, timing, journal }
  })
