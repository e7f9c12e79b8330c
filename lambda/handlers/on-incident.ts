// The incident function: the rules on our bus call it for every `Secret Leak Reported`, whatever it says, and for the end of an incident's
// campaign; the command line may call it, too. Reads the settings, puts the adapters together once per execution environment, and hands over.

import type { Context } from 'aws-lambda'
import { createCampaigns, noCampaigns } from '../adapters/aws/campaigns.ts'
import { createEventBridge, createSecretsManager } from '../adapters/aws/clients.ts'
import { createEvents } from '../adapters/aws/events.ts'
import { createFreeze } from '../adapters/aws/freeze.ts'
import { createHolderQuestions, HOLDERS_WAIT_MS } from '../adapters/aws/holder-questions.ts'
import { createInvoking } from '../adapters/aws/invoking.ts'
import { createProofQuestions } from '../adapters/aws/proof-questions.ts'
import { createRotationSteps } from '../adapters/aws/rotation-steps.ts'
import { createSecretRotator } from '../adapters/aws/secret-rotator.ts'
import { createSignedCall } from '../adapters/aws/signed-call.ts'
import { createTiming } from '../adapters/timing.ts'
import { CAMPAIGN_COMPLETED, CAMPAIGN_SOURCE, INCIDENT_SOURCE } from '../core/base/event-types.ts'
import { isJsonObject } from '../core/base/json-object.ts'
import { createRateLimiter } from '../core/base/rate-limiter.ts'
import { rotationsPerSecond } from '../core/campaign/campaign.ts'
import { endOfCampaign } from '../core/incident/end-of-campaign.ts'
import { type Response, respondToLeak } from '../core/incident/respond-to-leak.ts'
import { readIncidentEnv } from '../env/incident.ts'
import { processEnvironment } from '../env.ts'
import { createJournal } from './journal.ts'

const settings = readIncidentEnv(processEnvironment())
const {
  secretNamePrefix,
  extraPrefixes,
  rotationFunctionArn,
  campaignFunctionArn,
  freeze: frozen,
  maxSecurityClients,
} = settings
const secretsManager = createSecretsManager()
const invoke = createInvoking(settings.lambdaEndpoint)
const secrets = createSecretRotator(secretsManager)
const steps = createRotationSteps(invoke, rotationFunctionArn)
const proofs = createProofQuestions(invoke, rotationFunctionArn)
const { project } = settings
const parts = {
  secrets,
  freeze: createFreeze(
    createSignedCall(secretsManager, { service: 'ssm', endpoint: frozen.endpoint }),
    frozen.parameter,
  ),
  campaigns: campaignFunctionArn === undefined ? noCampaigns : createCampaigns(invoke, campaignFunctionArn),
  events: createEvents(createEventBridge(), settings.eventBus, INCIDENT_SOURCE),
  secretNamePrefix,
  extraPrefixes,
  project,
  projectSteps: project && createRotationSteps(invoke, project.rotationFunctionArn),
  projectProofs: project && createProofQuestions(invoke, project.rotationFunctionArn),
  limits: { maxSecurityClients },
  holders: createHolderQuestions(invoke, rotationFunctionArn, HOLDERS_WAIT_MS),
}
const perSecond = rotationsPerSecond(settings.stytchCallsPerSecond)

type Envelope = Readonly<Partial<Record<'id' | 'time' | 'source' | 'detail' | 'detail-type', unknown>>>

/** @throws Fault: Lambda tries again, and then lays the event with the dead letters. */
export const handler = async (event: unknown, context: Context): Promise<Response | { readonly ended: string }> => {
  const journal = createJournal({ requestId: context.awsRequestId })
  const timing = createTiming(() => context.getRemainingTimeInMillis())
  const limiter = createRateLimiter({ perSecond, timing })
  const jobParts = { secrets, steps, proofs, timing, rotationFunctionArn, limiter, bounds: settings.bounds }
  const { id, time, source, detail, 'detail-type': type }: Envelope = isJsonObject(event) ? event : {}
  try {
    if (type === CAMPAIGN_COMPLETED && source === CAMPAIGN_SOURCE && isJsonObject(detail)) {
      const ended = await endOfCampaign({ ...parts, journal, rotationFunctionArn, now: timing.now }, detail)
      return { ended: ended ?? '' }
    }
    return await respondToLeak({ ...parts, jobParts, journal }, { id, time, source, detail })
  } catch (error) {
    journal.fail(error)
    throw error
  }
}
