// The rotation function: Secrets Manager calls it for each of the four steps. Reads the settings, puts the adapters together once
// per execution environment, checks the event's shape, and hands the step to its use case.

import type { Context } from 'aws-lambda'
import { createClaims } from '../adapters/aws/claims.ts'
import { createEventBridge, createSecretsManager } from '../adapters/aws/clients.ts'
import { createEvents } from '../adapters/aws/events.ts'
import { createFreeze } from '../adapters/aws/freeze.ts'
import { createKeeping } from '../adapters/aws/keeping.ts'
import { createPublication } from '../adapters/aws/publication.ts'
import { createSecretRotator } from '../adapters/aws/secret-rotator.ts'
import { createSignedCall } from '../adapters/aws/signed-call.ts'
import { tokenUrlOf } from '../adapters/stytch/base-url.ts'
import { readBindings } from '../adapters/stytch/bindings.ts'
import { createStytchConnector } from '../adapters/stytch/connect.ts'
import { createSlotIssuers } from '../adapters/stytch/issuers.ts'
import { createTiming } from '../adapters/timing.ts'
import { ROTATION_SOURCE } from '../core/base/event-types.ts'
import type { SecretForm } from '../core/secret/secret-format.ts'
import { secretNameOf } from '../core/secret/secret-name.ts'
import { formOf, slotForm } from '../core/secret/slot-forms.ts'
import { readRotationEnv } from '../env/rotation.ts'
import { processEnvironment } from '../env.ts'
import { handleStep, type StepAnswer } from './handle-step.ts'

const settings = readRotationEnv(processEnvironment())
const secretsManager = createSecretsManager()
const reach = createStytchConnector(settings.stytch, secretsManager)
const secrets = createSecretRotator(secretsManager)
const events = createEvents(createEventBridge(), settings.eventBus, ROTATION_SOURCE)
const systemsManager = createSignedCall(secretsManager, { service: 'ssm', endpoint: settings.freeze.endpoint })
const freeze = createFreeze(systemsManager, settings.freeze.parameter)
const tokenUrl = tokenUrlOf(settings.stytch.projectId, settings.stytch.baseUrl)
const keepingOf = createKeeping(secretsManager, settings)
const publication = createPublication(secretsManager, settings.publication)

/** A secret holds the app, or the connection, that is claimed for it. */
const bindings = readBindings(createClaims(secretsManager, settings.records))

/** Whether its owner's names stand in it, its tags say; of any other the form is known without a call. */
const formFor = async (secretId: string): Promise<SecretForm> => {
  const name = secretNameOf(secretId)
  if (!(settings.extraPrefixes ?? []).some((prefix) => name.startsWith(prefix))) return slotForm
  const secret = await secrets.describe(secretId)
  return secret === undefined ? slotForm : formOf(secret, settings.stytch.projectId)
}

/** @throws RotationRefused or Fault: a step that throws is a failed step to Secrets Manager. */
export const handler = (event: unknown, context: Context): Promise<StepAnswer | undefined> =>
  handleStep({ stage: settings.stage, event, context }, async ({ secretId }, journal) => {
    const timing = createTiming(() => context.getRemainingTimeInMillis())
    const issuer = createSlotIssuers({ stytch: reach(timing), bindings })
    const keeping = keepingOf(context.awsRequestId)
    const { bounds } = settings
    const form = await formFor(secretId)
    return { issuer, form, secrets, events, freeze, ...keeping, publication, tokenUrl, timing, journal, bounds }
  })
