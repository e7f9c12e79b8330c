// The clients function: the CLI calls it, synchronously, for whatever takes the Stytch project secret. Reads the settings, puts the
// adapters together, answers. A client's value may come in (adoption); it goes to Stytch and into its secret, and into no answer or log.

import type { Context } from 'aws-lambda'
import { createClaims } from '../adapters/aws/claims.ts'
import { createSecretsManager } from '../adapters/aws/clients.ts'
import { createPublication } from '../adapters/aws/publication.ts'
import { createSecrets } from '../adapters/aws/secrets.ts'
import { createStytchApi } from '../adapters/stytch/api.ts'
import { tokenUrlOf } from '../adapters/stytch/base-url.ts'
import { writeBindings } from '../adapters/stytch/bindings.ts'
import { createClientKeeper } from '../adapters/stytch/client-keeper.ts'
import { createStytchConnector } from '../adapters/stytch/connect.ts'
import { createSlotIssuers } from '../adapters/stytch/issuers.ts'
import { withOtherKinds } from '../adapters/stytch/kind-records.ts'
import { createClientRegistry } from '../adapters/stytch/registry.ts'
import { createTiming } from '../adapters/timing.ts'
import { defined } from '../core/base/defined.ts'
import { Fault } from '../core/base/fault.ts'
import type { Journal } from '../core/base/journal.ts'
import { answerApiRequest } from '../core/clients/answer-api-request.ts'
import { authorityOf } from '../core/clients/authority.ts'
import type { ClientsReply, ClientsRequest } from '../core/clients/clients-api.ts'
import { readApiRequest } from '../core/clients/read-api-request.ts'
import { type Publish, publishRevocations } from '../core/revocations/publish.ts'
import { readClientsEnv } from '../env/clients.ts'
import { processEnvironment } from '../env.ts'
import { createJournal } from './journal.ts'

const { stytch, records, ...settings } = readClientsEnv(processEnvironment())
const secretsManager = createSecretsManager()
const connect = createStytchConnector(stytch, secretsManager)
const secrets = createSecrets(secretsManager)
const claims = createClaims(secretsManager, records)

const { projectId } = stytch
const tokenUrl = settings.tokenUrl ?? tokenUrlOf(projectId, stytch.baseUrl)
const stage = { ...settings, ...defined({ recordsTable: records?.table }), projectId, tokenUrl }

const publication = createPublication(secretsManager, settings.publication)

const compose = (context: Context, journal: Journal) => {
  const timing = createTiming(() => context.getRemainingTimeInMillis())
  const reach = connect(timing)
  const api = createStytchApi(reach)
  const issuer = createSlotIssuers({ stytch: reach, bindings: writeBindings(claims, timing.now) })
  const registry = createClientRegistry(api)
  const registration = { registry, secrets, issuer, timing }
  const publish: Publish = (change) => publishRevocations({ publication, timing, journal }, change)
  return {
    registration,
    issuer,
    registry,
    timing,
    secrets,
    claims,
    publish,
    clients: withOtherKinds(createClientKeeper(api), { issuer, claims }),
  }
}

/** What a line may say of a request: never the request itself. */
const subjectOf = (request: ClientsRequest): string | undefined => {
  if ('secretName' in request) return request.secretName
  if ('client' in request) return request.client.secretName
  return 'clientId' in request ? request.clientId : undefined
}

/** An alias or a version stands behind the function's name, in the ARN that was called. */
const qualifierOf = ({ invokedFunctionArn }: Context): string | undefined => invokedFunctionArn.split(':')[7]

export const handler = async (event: unknown, context: Context): Promise<ClientsReply> => {
  const qualifier = qualifierOf(context)
  const journal = createJournal({ qualifier, requestId: context.awsRequestId })
  const refused = (message: string): ClientsReply => {
    journal.note({ outcome: 'refused', message })
    return { ok: false, code: 'INPUT_MALFORMED', retryable: false, message }
  }
  const authority = authorityOf(qualifier, settings.sets ?? {})
  if (!authority.ok) return refused(authority.refusal)
  const request = readApiRequest(event)
  if (!request.ok) {
    return refused(`The request is malformed, and nothing was changed: ${request.refusal.join('; ')}.`)
  }
  const about = { action: request.value.action, subject: subjectOf(request.value) }
  try {
    const parts = compose(context, journal)
    const value = await answerApiRequest({ parts, stage, authority: authority.value }, request.value)
    journal.note({ ...about, outcome: 'done' })
    return { ok: true, value }
  } catch (error) {
    journal.fail(error, about)
    // Only our own messages are known to hold no value.
    if (!(error instanceof Fault)) throw new Error('An unforeseen failure; the log has its kind.')
    const { code, retryable, message } = error
    return { ok: false, code, retryable, message }
  }
}
