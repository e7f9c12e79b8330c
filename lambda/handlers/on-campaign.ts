// The campaign function, a durable one: EventBridge Scheduler, the incident function and operators start campaigns with it, and it
// starts its own pages. Reads the settings, puts the adapters together once per execution environment, checks the input, hands over.

import { createCampaignControl } from '../adapters/aws/campaign-control.ts'
import { createEventBridge, createSecretsManager } from '../adapters/aws/clients.ts'
import { type DurableRun, durableHandler } from '../adapters/aws/durable.ts'
import { createEvents } from '../adapters/aws/events.ts'
import { createFreeze } from '../adapters/aws/freeze.ts'
import { createHolderQuestions } from '../adapters/aws/holder-questions.ts'
import { createInvoking } from '../adapters/aws/invoking.ts'
import { createProofQuestions } from '../adapters/aws/proof-questions.ts'
import { createReadableRecords } from '../adapters/aws/records.ts'
import { createRotationSteps } from '../adapters/aws/rotation-steps.ts'
import { createSecretRotator } from '../adapters/aws/secret-rotator.ts'
import { createSignedCall } from '../adapters/aws/signed-call.ts'
import { createTiming } from '../adapters/timing.ts'
import { CAMPAIGN_SOURCE } from '../core/base/event-types.ts'
import { Fault } from '../core/base/fault.ts'
import type { Result } from '../core/base/result.ts'
import { HOUR_MS } from '../core/base/time-units.ts'
import { rotationsPerSecond } from '../core/campaign/campaign.ts'
import { isPageOrder, readPageOrder } from '../core/campaign/campaign-page.ts'
import { readCampaignRequest } from '../core/campaign/campaign-request.ts'
import { runCampaign } from '../core/campaign/run-campaign.ts'
import { runPage } from '../core/campaign/run-page.ts'
import { readCampaignEnv } from '../env/campaign.ts'
import { processEnvironment } from '../env.ts'
import { createJournal } from './journal.ts'

const settings = readCampaignEnv(processEnvironment())
const { secretNamePrefix, extraPrefixes, rotationFunctionArn, stytchCallsPerSecond, freeze: frozen } = settings
const { campaignEveryHours } = settings
const secretsManager = createSecretsManager()
const systemsManager = createSignedCall(secretsManager, { service: 'ssm', endpoint: frozen.endpoint })
const invoke = createInvoking(settings.lambdaEndpoint)
const secrets = createSecretRotator(secretsManager)
const parts = {
  secrets,
  steps: createRotationSteps(invoke, rotationFunctionArn),
  proofs: createProofQuestions(invoke, rotationFunctionArn),
  clientSearch: { ...createHolderQuestions(invoke, rotationFunctionArn), listTagged: secrets.listTagged },
  freeze: createFreeze(systemsManager, frozen.parameter),
  control: createCampaignControl(systemsManager, settings.controlParameter),
  bounds: settings.bounds,
  events: createEvents(createEventBridge(), settings.eventBus, CAMPAIGN_SOURCE),
  rules: {
    secretNamePrefix,
    extraPrefixes,
    rotationFunctionArn,
    stage: {
      periodMs: settings.periodHours * HOUR_MS,
      overlapMs: settings.overlapHours * HOUR_MS,
      ...(campaignEveryHours === undefined ? {} : { campaignEveryMs: campaignEveryHours * HOUR_MS }),
    },
    rotationsPerSecond: rotationsPerSecond(stytchCallsPerSecond),
  },
}

/** @throws Fault INPUT_MALFORMED with every fault: the execution fails, and its input lies with the dead letters. */
const checked = <Value>(what: string, read: Result<Value, readonly string[]>): Value => {
  if (read.ok) return read.value
  const message = `${what} is malformed, and nothing was begun: ${read.refusal.join('; ')}.`
  throw new Fault({ code: 'INPUT_MALFORMED', retryable: false, message })
}

const run = async ({ event, durable, executionName, requestId, remainingMs }: DurableRun): Promise<unknown> => {
  const journal = createJournal({ execution: executionName, requestId })
  const timing = createTiming(remainingMs)
  const records = createReadableRecords(secretsManager, settings.records, timing.wait)
  const campaigning = { ...parts, records, journal, timing }
  if (isPageOrder(event)) return runPage(campaigning, durable, checked('The order', readPageOrder(event)))
  const request = checked("The campaign's input", readCampaignRequest(event))
  return runCampaign(campaigning, durable, { request, id: request.id ?? executionName, executionId: executionName })
}

export const handler = durableHandler(settings.selfArn, run)
