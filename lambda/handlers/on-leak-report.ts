// The leak intake: an HTTP API hands it each delivery, or a REST API behind AWS WAF. Puts the adapters together, hands the delivery to its use case, and maps what
// came of it to a status: 202 once it was reported, one 401 for whatever was not signed. The log has the outcome, never the delivery.

import type {
  APIGatewayProxyEvent,
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  Context,
} from 'aws-lambda'
import { createEventBridge, createSecretsManager } from '../adapters/aws/clients.ts'
import { createEvents } from '../adapters/aws/events.ts'
import { createGateStore } from '../adapters/aws/gate-store.ts'
import { createIdentifier } from '../adapters/aws/identifier.ts'
import { createInvoking } from '../adapters/aws/invoking.ts'
import { createSecretReader } from '../adapters/aws/secret-reader.ts'
import { createSignedCall } from '../adapters/aws/signed-call.ts'
import { createSigningSecrets } from '../adapters/aws/signing-secrets.ts'
import { createAlertValues } from '../adapters/github/alert-values.ts'
import { createTiming } from '../adapters/timing.ts'
import { leakSources } from '../core/base/event-types.ts'
import { Fault } from '../core/base/fault.ts'
import { formerGateIn, passGate } from '../core/intake/pass-gate.ts'
import { createRecentDeliveries } from '../core/intake/recent-deliveries.ts'
import { SIGNATURE_WINDOW_MS } from '../core/intake/signature.ts'
import { type Intake, type IntakeOutcome, takeLeakReport } from '../core/intake/take-leak-report.ts'
import { readIntakeEnv } from '../env/intake.ts'
import { processEnvironment } from '../env.ts'
import { createJournal } from './journal.ts'

const settings = readIntakeEnv(processEnvironment())
const secretsManager = createSecretsManager()
const { readValue } = createSecretReader(secretsManager)
const { table, endpoint } = settings.records
const dynamoDb = createSignedCall(secretsManager, { service: 'dynamodb', endpoint })
const now = Date.now
const signing = createSigningSecrets({
  client: secretsManager,
  secretId: settings.signingSecretId,
  now,
  journal: createJournal({}),
})
const values = createAlertValues({
  client: secretsManager,
  appSecretId: settings.githubAppSecretId,
  baseUrl: settings.githubUrl,
  now,
})
const events = createEvents(createEventBridge(), settings.eventBus, leakSources.intake)
const invoke = createInvoking(settings.lambdaEndpoint)
const recent = createRecentDeliveries({ keepMs: 2 * SIGNATURE_WINDOW_MS, max: 1000 })

const compose = (context: Context): Intake => {
  const timing = createTiming(() => context.getRemainingTimeInMillis())
  const gate = {
    store: createGateStore({ call: dynamoDb, table, wait: timing.wait }),
    timing,
    formerGate: formerGateIn({ readValue }, settings.formerGateId),
  }
  return {
    signing,
    values,
    events,
    recent,
    timing,
    identifier: createIdentifier({ invoke, functionName: settings.identifyFunctionName, timing }),
    watched: settings.watched,
    passGate: (leak) => passGate(gate, leak, settings.maxPerHour),
  }
}

const answer = (statusCode: number, message: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message }),
})

const toAnswer = ({ outcome }: IntakeOutcome): APIGatewayProxyStructuredResultV2 => {
  switch (outcome) {
    case 'refused':
      return answer(401, 'unauthorized')
    case 'tooLarge':
      return answer(413, 'too large')
    case 'repeated':
    case 'ignored':
    case 'reported':
    case 'held':
    case 'closed':
    case 'unresolved':
      // The same for all: what came of it is not the detector's to know.
      return answer(202, 'accepted')
  }
}

type IntakeEvent = APIGatewayProxyEventV2 | APIGatewayProxyEvent

const bodyOf = ({ body, isBase64Encoded }: IntakeEvent): Uint8Array =>
  Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8')

/** A REST API hands them over as they were written. */
const headersOf = ({ headers }: IntakeEvent): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))

const addressOf = ({ requestContext }: IntakeEvent): string =>
  'http' in requestContext ? requestContext.http.sourceIp : requestContext.identity.sourceIp

export const handler = async (event: IntakeEvent, context: Context): Promise<APIGatewayProxyStructuredResultV2> => {
  const journal = createJournal({ address: addressOf(event), requestId: context.awsRequestId })
  try {
    const delivery = { headers: headersOf(event), body: bodyOf(event), deliveryId: context.awsRequestId }
    const outcome = await takeLeakReport(compose(context), delivery)
    journal.note({ ...outcome })
    return toAnswer(outcome)
  } catch (error) {
    journal.fail(error)
    // Thrown, so that it counts among the function's errors, which an alarm watches: no one else was notified.
    throw new Fault({
      code: 'EVENT_NOT_SENT',
      retryable: true,
      message: 'The delivery was not taken; the log has why.',
    })
  }
}
