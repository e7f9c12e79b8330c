// The sweep: EventBridge Scheduler calls it every few minutes. Reads the settings, puts the adapters together once per execution
// environment, hands over, and says in one line what came of it, which is a metric as well: the one that shows that sweeps get done.
// CloudFormation calls it when the list of revocations is deployed, which the sweep writes as well.

import type { Context } from 'aws-lambda'
import { createCheckQuestions } from '../adapters/aws/check-questions.ts'
import { createEventBridge, createSecretsManager } from '../adapters/aws/clients.ts'
import { createEvents } from '../adapters/aws/events.ts'
import { createFreeze, createFreezeClock } from '../adapters/aws/freeze.ts'
import { createInvoking } from '../adapters/aws/invoking.ts'
import { createPolicyLooks } from '../adapters/aws/policy-looks.ts'
import { createProofListing, createSummaryListing } from '../adapters/aws/proof-listing.ts'
import { createProofQuestions } from '../adapters/aws/proof-questions.ts'
import { createPublication } from '../adapters/aws/publication.ts'
import { createReadLookup } from '../adapters/aws/read-records.ts'
import { createReadableRecords } from '../adapters/aws/records.ts'
import { createReportRecords } from '../adapters/aws/report-records.ts'
import { createRotationSteps } from '../adapters/aws/rotation-steps.ts'
import { createSecretRotator } from '../adapters/aws/secret-rotator.ts'
import { createSignedCall } from '../adapters/aws/signed-call.ts'
import {
  createKeyPart,
  createRulePart,
  createSchedulePart,
  createSubscriptionPart,
} from '../adapters/aws/stage-parts.ts'
import { answerCloudFormation } from '../adapters/cloudformation/answer.ts'
import { createTiming } from '../adapters/timing.ts'
import { SWEEP_SOURCE } from '../core/base/event-types.ts'
import { Fault } from '../core/base/fault.ts'
import { readRequestOf, readReturnAddress } from '../core/base/return-address.ts'
import { HOUR_MS, MINUTE_MS } from '../core/base/time-units.ts'
import { beginList, LIST_RESOURCE, LIST_RESOURCE_ID } from '../core/revocations/begin-list.ts'
import { readSweepEvent } from '../core/sweep/read-sweep-event.ts'
import { type SweepSummary, sweepAll } from '../core/sweep/sweep.ts'
import type { Sweeping } from '../core/sweep/sweeping.ts'
import type { StagePartEndpoints } from '../env/stage-parts.ts'
import { readSweepEnv } from '../env/sweep.ts'
import { processEnvironment } from '../env.ts'
import { createJournal } from './journal.ts'
import { sweepMetrics } from './sweep-metrics.ts'

declare const DEPLOYED_BUNDLE: boolean | undefined

const settings = readSweepEnv(processEnvironment())
const { freeze: frozen, project, rotationFunctionArn, secretNamePrefix, extraPrefixes } = settings
const secretsManager = createSecretsManager()
const systemsManager = createSignedCall(secretsManager, { service: 'ssm', endpoint: frozen.endpoint })
const invoke = createInvoking(settings.lambdaEndpoint)
const clients = {
  secrets: createSecretRotator(secretsManager),
  steps: createRotationSteps(invoke, rotationFunctionArn),
  freeze: createFreeze(systemsManager, frozen.parameter),
  frozenAt: createFreezeClock(systemsManager, frozen.parameter),
  events: createEvents(createEventBridge(), settings.eventBus, SWEEP_SOURCE),
  secretNamePrefix,
  extraPrefixes,
  rules: {
    rotationFunctionArn,
    stage: { periodMs: settings.periodHours * HOUR_MS, overlapMs: settings.overlapHours * HOUR_MS },
    sweepEveryMs: settings.everyMinutes * MINUTE_MS,
    longestHoldMs: settings.longestHoldHours * HOUR_MS,
  },
}

const publication = createPublication(secretsManager, settings.publication)

/** Where the stage asks for proof that consumers have moved before an overlap ends. */
const adoptionBy = ({ wait }: Sweeping['timing']): Pick<Sweeping, 'adoption'> => {
  if (settings.adoption === undefined) return {}
  const { table, endpoint, lookBackHours, waitAtMostHours, ownPrincipal } = settings.adoption
  const call = createSignedCall(secretsManager, { service: 'dynamodb', endpoint })
  const lookBackMs = lookBackHours * HOUR_MS
  return {
    adoption: {
      records: createReadLookup({ call, table, wait }),
      rules: { lookBackMs, ownPrincipal },
      waitAtMostMs: waitAtMostHours * HOUR_MS,
    },
  }
}

/** Where proofs are kept: those of this function's secrets, and whom to ask for more. */
const proofsBy = ({ wait }: Sweeping['timing'], functionArn: string): Pick<Sweeping, 'proofs' | 'summaries'> => {
  if (settings.proofs === undefined) return {}
  const { bucket, endpoint } = settings.proofs
  const call = createSignedCall(secretsManager, { service: 's3', endpoint })
  return {
    proofs: {
      listing: createProofListing({ call, wait, bucket, stage: settings.stage }),
      questions: createProofQuestions(invoke, functionArn),
      confirmedAfterMs: settings.bounds.confirmedAfterMs,
    },
    summaries: createSummaryListing({ call, wait, bucket }),
  }
}

/** What the stage stands on beside its secrets. */
const partsBy = ({ wait }: Sweeping['timing']): Pick<Sweeping, 'parts'> => {
  const { campaignSchedule, rules = [], topicArn, keyArn, endpoints = {} } = settings.parts ?? {}
  const at = (service: keyof StagePartEndpoints) => ({
    call: createSignedCall(secretsManager, { service, endpoint: endpoints[service] }),
    wait,
  })
  const parts = [
    ...(campaignSchedule === undefined
      ? []
      : [createSchedulePart(at('scheduler'), campaignSchedule, 'campaignMissing')]),
    ...rules.map((rule) => createRulePart(at('events'), rule, settings.eventBus)),
    ...(topicArn === undefined ? [] : [createSubscriptionPart(at('sns'), topicArn)]),
    ...(keyArn === undefined ? [] : [createKeyPart(at('kms'), keyArn)]),
  ]
  return { parts }
}

/** What was reported: of all secrets together, the project's own included. */
const memoryBy = ({ wait, now }: Sweeping['timing'], holder: string): Pick<Sweeping, 'memory'> => {
  if (settings.records === undefined) return {}
  const { table, endpoint } = settings.records
  const call = createSignedCall(secretsManager, { service: 'dynamodb', endpoint })
  return { memory: createReportRecords({ call, table, wait, now }, holder) }
}

/** The project's own secret, where it is rotated, is one more, with a function of its own. */
const sweepsOf = (
  shared: Pick<Sweeping, 'timing' | 'journal' | 'memory' | 'parts'>,
): readonly [Sweeping, ...Sweeping[]] => {
  const { timing } = shared
  const records = createReadableRecords(secretsManager, settings.records, timing.wait)
  const common = { ...clients, ...shared, records }
  const checks = { questions: createCheckQuestions(invoke, rotationFunctionArn), perSecond: settings.checksPerSecond }
  const policies = createPolicyLooks(secretsManager)
  const ofClients = {
    ...common,
    ...adoptionBy(timing),
    ...proofsBy(timing, rotationFunctionArn),
    checks,
    policies,
    publication,
  }
  if (project === undefined) return [ofClients]
  const { secretName, rotationFunctionArn: projectFunction, periodDays } = project
  const stage = { ...clients.rules.stage, periodMs: periodDays * 24 * HOUR_MS }
  const rules = { ...clients.rules, rotationFunctionArn: projectFunction, stage }
  const steps = createRotationSteps(invoke, projectFunction)
  // Stytch itself shows when the project secret was last used.
  const ofProject = { ...common, ...proofsBy(timing, projectFunction), rules, steps }
  return [{ ...ofProject, secretNamePrefix: secretName, extraPrefixes: [], isOneSecret: true }, ofClients]
}

/** A list that could not be written is no reason to take a deployment back. @throws Fault ANSWER_NOT_TAKEN, or where nobody can be answered */
const listDeployed = async (
  type: unknown,
  event: unknown,
  shared: Pick<Sweeping, 'timing' | 'journal'>,
): Promise<void> => {
  const address = readReturnAddress(event)
  if (address === undefined) {
    throw new Fault({
      code: 'INPUT_MALFORMED',
      retryable: false,
      message: 'The request names no address to answer at.',
    })
  }
  const published = type === 'Delete' ? 'off' : await beginList({ publication, ...shared })
  shared.journal.note({ request: String(type), resource: LIST_RESOURCE_ID, outcome: published })
  await answerCloudFormation({ ...address, physicalId: LIST_RESOURCE_ID, outcome: { succeeded: true, attributes: {} } })
}

/** @throws Fault when not even the list can be had. */
export const handler = async (event: unknown, context: Context): Promise<SweepSummary | undefined> => {
  const journal = createJournal({ requestId: context.awsRequestId })
  const timing = createTiming(() => context.getRemainingTimeInMillis())
  const request = readRequestOf(LIST_RESOURCE, event)
  if (request !== undefined) {
    await listDeployed(request.type, event, { timing, journal })
    return undefined
  }
  const mayBeAhead = typeof DEPLOYED_BUNDLE === 'undefined'
  const asOf = readSweepEvent(event, { now: timing.now(), mayBeAhead })
  const summary = await sweepAll(
    sweepsOf({ timing, journal, ...memoryBy(timing, context.awsRequestId), ...partsBy(timing) }),
    asOf,
  )
  const measured = { stage: settings.stage, remembers: settings.records !== undefined, at: timing.now() }
  journal.measure(sweepMetrics(summary, measured))
  return summary
}
