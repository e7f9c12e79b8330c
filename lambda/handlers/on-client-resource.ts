// The registrar: CloudFormation calls it for every declared client (Custom::M2mClient). Reads the settings, puts the adapters
// together, and answers CloudFormation whatever happens. Neither answer nor log ever holds a secret.

import type { Context } from 'aws-lambda'
import { createClaims } from '../adapters/aws/claims.ts'
import { createSecretsManager } from '../adapters/aws/clients.ts'
import { createSecrets } from '../adapters/aws/secrets.ts'
import type { ResourceAnswer } from '../adapters/cloudformation/answer.ts'
import { answerByUndici } from '../adapters/cloudformation/answer-by-undici.ts'
import { tokenUrlOf } from '../adapters/stytch/base-url.ts'
import { createClientKeeper } from '../adapters/stytch/client-keeper.ts'
import { createStytchConnection } from '../adapters/stytch/connect.ts'
import { createStytchIssuer } from '../adapters/stytch/issuer.ts'
import { createClientRegistry } from '../adapters/stytch/registry.ts'
import { createTiming } from '../adapters/timing.ts'
import { Fault } from '../core/base/fault.ts'
import { readRequestOf, readReturnAddress } from '../core/base/return-address.ts'
import { answerClientRequest, failedPhysicalId } from '../core/clients/answer-client-request.ts'
import { CLAIMS_RESOURCE, readClientRequest } from '../core/clients/read-client-request.ts'
import { surveyClaims } from '../core/clients/survey-claims.ts'
import { readRegistrarEnv } from '../env/registrar.ts'
import { processEnvironment } from '../env.ts'
import { createJournal } from './journal.ts'

const settings = readRegistrarEnv(processEnvironment())
const { stytch, records, ...stageSettings } = settings
const secretsManager = createSecretsManager()
const connect = createStytchConnection(stytch, secretsManager)
const secrets = createSecrets(secretsManager)
const claims = createClaims(secretsManager, records)

const tokenUrl = settings.tokenUrl ?? tokenUrlOf(stytch.projectId, stytch.baseUrl)
const stage = { ...stageSettings, tokenUrl }

const compose = (context: Context) => {
  const timing = createTiming(() => context.getRemainingTimeInMillis())
  const api = connect(timing)
  const issuer = createStytchIssuer(api, stytch.projectId)
  const registry = createClientRegistry(api)
  const registration = { registry, secrets, issuer, timing }
  return { registration, issuer, registry, timing, secrets, clients: createClientKeeper(api) }
}

type Reply = Pick<ResourceAnswer, 'physicalId' | 'outcome'>

const failed = (physicalId: string, reason: string): Reply => ({ physicalId, outcome: { succeeded: false, reason } })

const words = (error: unknown): string =>
  // Only our own messages are known to hold no value.
  error instanceof Fault ? error.message : 'An unforeseen failure; the log has its kind.'

/** Once a stage: its resource is made and never changed, and nothing is taken back with it. */
const survey = async (type: unknown, context: Context): Promise<Reply> => {
  const journal = createJournal({ requestId: context.awsRequestId })
  const physicalId = 'claims'
  if (type === 'Delete') return { physicalId, outcome: { succeeded: true, attributes: {} } }
  const timing = createTiming(() => context.getRemainingTimeInMillis())
  try {
    const { noted, left } = await surveyClaims({ secrets, claims, timing }, stage)
    journal.note({ request: String(type), outcome: 'surveyed', noted, left })
    return { physicalId, outcome: { succeeded: true, attributes: {} } }
  } catch (error) {
    journal.fail(error, { request: String(type) })
    return failed(physicalId, words(error))
  }
}

const settle = async (event: unknown, context: Context): Promise<Reply> => {
  const journal = createJournal({ requestId: context.awsRequestId })
  const resource = readRequestOf(CLAIMS_RESOURCE, event)
  if (resource !== undefined) return survey(resource.type, context)
  const request = readClientRequest(event)
  if (!request.ok) {
    const reason = `The request is malformed, and nothing was changed: ${request.refusal.join('; ')}.`
    journal.note({ outcome: 'refused', message: reason })
    return failed('never-made/malformed', reason)
  }
  const { type, client, owner } = request.value
  const about = { request: type, secret: client.secretName, resource: owner.resource }
  try {
    const { physicalId, attributes, outcome } = await answerClientRequest(compose(context), stage, request.value)
    journal.note({ ...about, outcome })
    return { physicalId, outcome: { succeeded: true, attributes } }
  } catch (error) {
    journal.fail(error, about)
    return failed(failedPhysicalId(request.value), words(error))
  }
}

/** @throws Fault ANSWER_NOT_TAKEN, or for an event that nobody could be answered for. */
export const handler = async (event: unknown, context: Context): Promise<void> => {
  const address = readReturnAddress(event)
  if (address === undefined) {
    throw new Fault({ code: 'INPUT_MALFORMED', retryable: false, message: "The event is not a custom resource's." })
  }
  await answerByUndici({ ...address, ...(await settle(event, context)) })
}
