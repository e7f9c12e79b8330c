// Registers a client: creates it at the issuer, stores its secret, binds the two, turns rotation on. No person sees the value. A
// client whose secret could not be stored is removed again. Registering the same name twice completes what is missing and
// creates nothing.

import { Fault } from '../../domain/failures.ts'
import type { ClientRegistry, Issuer, SecretState, Shelf, Timing, Vault } from '../../domain/ports.ts'
import type { ClientSecret } from '../../domain/rotation/client-secret.ts'
import { makeRequestToken } from '../../domain/rotation/request-token.ts'
import { formatSecret, parseSecret } from '../../domain/rotation/secret-format.ts'

export interface Registration {
  readonly registry: ClientRegistry
  readonly shelf: Shelf
  readonly issuer: Issuer
  readonly vault: Vault
  readonly timing: Pick<Timing, 'now'>
}

export interface RegisterRequest {
  /** The secret's full name, prefix included: `m2m/<stage>/<client>`. */
  readonly secretName: string
  /** As people see it at the issuer. @default - the secret's name below its prefix */
  readonly displayName?: string
  /** The new client's id; random, chosen by the caller. */
  readonly clientId: string
  readonly description: string
  readonly scopes: readonly string[]
  /** For consumers: where to exchange the secret. */
  readonly tokenUrl: string
  readonly tags?: Readonly<Record<string, string>>
  readonly kmsKeyId?: string
  /** Absent: rotation is left off. */
  readonly rotation?: { readonly functionArn: string; readonly everyDays: number }
}

export interface Registered {
  readonly clientId: string
  readonly secretArn: string
  /** false: it was there already. */
  readonly created: boolean
}

const NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/

const inputFaults = ({ secretName, clientId, scopes, description, tokenUrl, rotation }: RegisterRequest): string[] => {
  const faults: string[] = []
  if (!NAME.test(secretName)) faults.push('secretName: expected 1 to 512 of letters, digits and /_+=.@-')
  // Secrets Manager's own advice: such a name looks like the end of an ARN.
  if (/-[A-Za-z0-9]{6}$/.test(secretName)) faults.push('secretName: must not end in a hyphen and six characters')
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(clientId)) faults.push('clientId: expected 1 to 128 letters, digits, _ or -')
  if (description.length > 2000) faults.push('description: expected at most 2000 characters')
  const unfit = scopes.filter((scope) => !SCOPE.test(scope))
  if (unfit.length > 0)
    faults.push(`scopes: ${unfit.map((scope) => JSON.stringify(scope)).join(', ')} cannot be an OAuth scope`)
  if (!URL.canParse(tokenUrl)) faults.push('tokenUrl: expected a URL')
  const days = rotation?.everyDays
  if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= 1000)) {
    faults.push('rotation.everyDays: expected an integer from 1 to 1000')
  }
  return faults
}

const malformed = (secretName: string, faults: readonly string[]): Fault =>
  new Fault({
    code: 'INPUT_MALFORMED',
    retryable: false,
    message: `Registering ${JSON.stringify(secretName)} was refused, and nothing was changed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
  })

const removed = (registry: ClientRegistry, clientId: string): Promise<boolean> =>
  registry.remove(clientId).then(
    () => true,
    () => false,
  )

/**
 * Once more when the reply was lost and no client stands there: after a freeze, a function's first call goes out on a connection
 * that the vendor has closed meanwhile.
 */
const createClient = async (
  { registry, issuer, timing }: Registration,
  request: RegisterRequest,
): Promise<ClientSecret> => {
  const { clientId, description, scopes, secretName } = request
  const name = request.displayName ?? secretName.slice(secretName.lastIndexOf('/') + 1)
  const registeredAt = timing.now()
  const create = (): ReturnType<ClientRegistry['create']> =>
    registry.create({ clientId, name, description, scopes, registeredFor: secretName, registeredAt })
  const first = await create()
  if (first.outcome === 'created') return first.secret
  if ((await issuer.look(clientId)) === undefined) {
    const second = await create().catch(async (fault: unknown) => {
      // It may be the first one that stands in the way, arrived late.
      await removed(registry, clientId)
      throw fault
    })
    if (second.outcome === 'created') return second.secret
  }
  await registry.remove(clientId)
  throw new Fault({
    code: 'STYTCH_OUTCOME_UNKNOWN',
    retryable: true,
    message: `Stytch did not tell whether client ${clientId} for ${secretName} was created; it was removed again. Register once more.`,
  })
}

/** The first fault, with what a person must know of the failed undoing. */
const leftBehind = (secretName: string, clientId: string, fault: unknown): Fault =>
  new Fault({
    code: fault instanceof Fault ? fault.code : 'STYTCH_OUTCOME_UNKNOWN',
    retryable: true,
    message: `${fault instanceof Error ? fault.message : 'Storing failed.'} Client ${clientId} could not be removed again: if no secret ${secretName} exists, delete it at Stytch.`,
    cause: fault,
  })

/** The secret's ARN; or, when it surely was not stored, the client is removed and the first fault goes on. */
const storeSecret = async (
  { registry, shelf, issuer, timing }: Registration,
  request: RegisterRequest,
  clientSecret: ClientSecret,
): Promise<string> => {
  const { secretName, clientId, description, tokenUrl, tags = {}, kmsKeyId } = request
  const now = timing.now()
  const requestToken = makeRequestToken({
    origin: 'register',
    askedAt: now,
    secretArn: secretName,
    about: clientId,
    attempt: 1,
  })
  const { projectId } = issuer
  const text = formatSecret({ clientId, clientSecret, projectId, issuedAt: now, fields: { token_url: tokenUrl } })
  try {
    return (await shelf.create({ name: secretName, description, text, requestToken, tags, kmsKeyId })).arn
  } catch (fault) {
    // A lost reply: the secret may stand there, and then its client must live.
    const state = await shelf.find(secretName).catch(() => 'unknown' as const)
    if (state !== 'unknown' && state?.labels[requestToken] !== undefined) return state.arn
    const isRemoved = state !== 'unknown' && (await removed(registry, clientId))
    throw isRemoved ? fault : leftBehind(secretName, clientId, fault)
  }
}

const readClientId = async ({ vault, issuer }: Registration, state: SecretState): Promise<string> => {
  const version = await vault.read(state.arn, { label: 'AWSCURRENT' })
  if (version === undefined) throw malformed(state.name, ['a secret of this name exists and holds no value'])
  const parsed = parseSecret(version.text, version.createdAt)
  if (!parsed.ok) throw malformed(state.name, ['a secret of this name exists:', ...parsed.refusal])
  if (parsed.value.projectId !== issuer.projectId) {
    throw malformed(state.name, [`a secret of this name exists, for project ${parsed.value.projectId}`])
  }
  return parsed.value.clientId
}

const bind = async ({ issuer }: Registration, clientId: string, secretArn: string): Promise<void> => {
  const view = await issuer.look(clientId)
  if (view?.boundTo === secretArn) return
  if (view === undefined) throw malformed(secretArn, [`its client ${clientId} does not exist at Stytch`])
  if (view.boundTo !== undefined) throw malformed(secretArn, [`its client ${clientId} is bound to ${view.boundTo}`])
  await issuer.bind(clientId, secretArn)
}

/**
 * @throws Fault INPUT_MALFORMED with every fault of the request; or the adapters' faults, after which the same call may be
 * made again.
 */
export const registerClient = async (registration: Registration, request: RegisterRequest): Promise<Registered> => {
  const faults = inputFaults(request)
  if (faults.length > 0) throw malformed(request.secretName, faults)
  const { shelf, issuer } = registration
  const existing = await shelf.find(request.secretName)
  const clientId = existing === undefined ? request.clientId : await readClientId(registration, existing)
  let secretArn = existing?.arn
  if (secretArn === undefined) {
    secretArn = await storeSecret(registration, request, await createClient(registration, request))
    await issuer.bind(clientId, secretArn)
  } else await bind(registration, clientId, secretArn)
  if (request.rotation !== undefined && existing?.rotationEnabled !== true) {
    await shelf.enableRotation({ secretId: secretArn, ...request.rotation })
  }
  return { clientId, secretArn, created: existing === undefined }
}
