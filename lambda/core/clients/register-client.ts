// Registers a client: makes its secret without a value, guards it, creates the client at the issuer, stores the value, binds the two, turns
// rotation on. No person sees the value, and no moment passes in which it lies unguarded. A client whose value could not be stored is
// removed again. Registering the same name twice completes what is missing and creates nothing.

import { Fault } from '../base/fault.ts'
import type { Timing } from '../base/timing.ts'
import type { Issuer } from '../rotation/issuer.ts'
import { expectedClientName, isClientName } from '../secret/client-name.ts'
import type { ClientSecret } from '../secret/client-secret.ts'
import { firstToken } from '../secret/request-token.ts'
import { isScope } from '../secret/scope.ts'
import type { Secret } from '../secret/secret.ts'
import { hasValue } from '../secret/secret.ts'
import { formatSecret, parseSecret, type StoredSecret } from '../secret/secret-format.ts'
import { isSecretName, SECRET_NAME_RULE } from '../secret/secret-name.ts'
import { TAG } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import type { ClientRegistry } from './client-registry.ts'

export interface Registration {
  readonly registry: ClientRegistry
  readonly secrets: Pick<Secrets, 'describe' | 'readValue' | 'create' | 'storeFirst' | 'scheduleRotation'>
  readonly issuer: Issuer
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
  /** What must stand around a secret before it holds a value: its policy above all. */
  readonly guard?: (secretArn: string) => Promise<void>
  /** Absent: rotation is left off. */
  readonly rotation?: { readonly functionArn: string; readonly everyDays: number }
}

export interface Registered {
  readonly clientId: string
  readonly secretArn: string
  /** false: its value was there already. */
  readonly created: boolean
}

const shortNameOf = (secretName: string): string => secretName.slice(secretName.lastIndexOf('/') + 1)

const inputFaults = ({ secretName, clientId, scopes, description, tokenUrl, rotation }: RegisterRequest): string[] => {
  const faults: string[] = []
  if (!isSecretName(secretName)) faults.push(`secretName: expected ${SECRET_NAME_RULE}`)
  const name = shortNameOf(secretName)
  if (!isClientName(name)) faults.push(`secretName: expected its last part to be ${expectedClientName(name)}`)
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(clientId)) faults.push('clientId: expected 1 to 128 letters, digits, _ or -')
  if (description.length > 2000) faults.push('description: expected at most 2000 characters')
  const unfit = scopes.filter((scope) => !isScope(scope))
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
  const name = request.displayName ?? shortNameOf(secretName)
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
    message: `Stytch did not answer whether client ${clientId} for ${secretName} was created; it was removed again. Register once more.`,
  })
}

/** The first fault, with what a person must know of the failed undoing. */
const leftBehind = (secretName: string, clientId: string, fault: unknown): Fault =>
  new Fault({
    code: fault instanceof Fault ? fault.code : 'STYTCH_OUTCOME_UNKNOWN',
    retryable: true,
    message: `${fault instanceof Error ? fault.message : 'Storing failed.'} Client ${clientId} could not be removed again: if secret ${secretName} does not hold it, delete it at Stytch.`,
    cause: fault,
  })

/** One that a registration made and did not finish; an adoption's is on hold from the first moment on. */
const mayBeFilled = ({ tags }: Secret): boolean => tags[TAG.client] !== undefined && tags[TAG.held] === undefined

/** The secret, without a value. */
const makeSecret = async ({ secrets }: Registration, request: RegisterRequest): Promise<Secret> => {
  const { secretName, description, clientId, kmsKeyId } = request
  const tags = { ...request.tags, [TAG.client]: clientId }
  const outcome = await secrets.create({ name: secretName, description, tags, kmsKeyId })
  const state = await secrets.describe(secretName)
  // Client ids are random: a secret that names ours is ours, whatever became of the reply.
  if (state !== undefined && (outcome === 'created' || state.tags[TAG.client] === clientId)) return state
  throw new Fault({
    code: 'SECRETS_MANAGER_REJECTED',
    retryable: true,
    message: `Secret ${secretName} was ${state === undefined ? 'removed' : 'made by somebody else'} in the meantime, and no client was created. Register once more.`,
  })
}

/** Whose value stands under this version; undefined: there is none. */
const holderOf = async ({ secrets }: Registration, { arn }: Secret, versionId: string): Promise<string | undefined> => {
  const version = await secrets.readValue(arn, { versionId })
  const parsed = version === undefined ? undefined : parseSecret(version.text, version.createdAt)
  return parsed?.ok === true ? parsed.value.clientId : undefined
}

/** taken: another registration was quicker. When the value surely was not stored, the client is removed and the first fault goes on. */
const storeValue = async (
  registration: Registration,
  request: RegisterRequest,
  { state, clientSecret }: { readonly state: Secret; readonly clientSecret: ClientSecret },
): Promise<'stored' | 'taken'> => {
  const { registry, secrets, issuer, timing } = registration
  const { secretName, clientId, tokenUrl } = request
  const { projectId } = issuer
  const fields = { token_url: tokenUrl }
  const requestToken = firstToken('register', state)
  const text = formatSecret({ clientId, clientSecret, projectId, issuedAt: timing.now(), fields })
  try {
    const outcome = await secrets.storeFirst({ secretId: state.arn, requestToken, text })
    if (outcome === 'taken') await registry.remove(clientId)
    return outcome
  } catch (fault) {
    // A lost reply: the value may stand there, and then its client must live.
    const holder = await holderOf(registration, state, requestToken).catch(() => 'unknown' as const)
    if (holder === clientId) return 'stored'
    const isRemoved = holder !== 'unknown' && (await removed(registry, clientId))
    throw isRemoved ? fault : leftBehind(secretName, clientId, fault)
  }
}

/** Guards the secret, then makes a client and stores its value, one right after the other: the reply is the only copy. */
const fillSecret = async (
  registration: Registration,
  request: RegisterRequest,
  state: Secret,
): Promise<'stored' | 'taken'> => {
  await request.guard?.(state.arn)
  const clientSecret = await createClient(registration, request)
  return storeValue(registration, request, { state, clientSecret })
}

const readStored = async ({ secrets, issuer }: Registration, state: Secret): Promise<StoredSecret> => {
  const version = await secrets.readValue(state.arn, { label: 'AWSCURRENT' })
  if (version === undefined)
    throw malformed(state.name, ['a secret of this name exists, holds no value, and was not made by a registration'])
  const parsed = parseSecret(version.text, version.createdAt)
  if (!parsed.ok) throw malformed(state.name, ['a secret of this name exists:', ...parsed.refusal])
  if (parsed.value.projectId !== issuer.projectId) {
    throw malformed(state.name, [`a secret of this name exists, for project ${parsed.value.projectId}`])
  }
  return parsed.value
}

/** A value that anybody may have stored: what claims the client is that Stytch accepts it. */
const bind = async (
  { issuer }: Registration,
  { clientId, clientSecret }: StoredSecret,
  secretArn: string,
): Promise<void> => {
  const view = await issuer.look(clientId)
  if (view?.boundTo === secretArn) return
  if (view === undefined) throw malformed(secretArn, [`its client ${clientId} does not exist at Stytch`])
  if (view.boundTo !== undefined) throw malformed(secretArn, [`its client ${clientId} is bound to ${view.boundTo}`])
  if (!(await issuer.exchange(clientId, clientSecret)).accepted) {
    throw malformed(secretArn, [
      `its client ${clientId} is bound to no secret, and Stytch refuses the value that this one holds, so that nothing proves that it is its`,
    ])
  }
  await issuer.bind(clientId, secretArn)
}

/**
 * @throws Fault INPUT_MALFORMED with every fault of the request; or the adapters' faults, after which the same call may be
 * made again.
 */
export const registerClient = async (registration: Registration, request: RegisterRequest): Promise<Registered> => {
  const faults = inputFaults(request)
  if (faults.length > 0) throw malformed(request.secretName, faults)
  const { secrets, issuer } = registration
  const state = (await secrets.describe(request.secretName)) ?? (await makeSecret(registration, request))
  const isFilled = hasValue(state) || !mayBeFilled(state)
  const created = !isFilled && (await fillSecret(registration, request, state)) === 'stored'
  const { arn: secretArn } = state
  const stored = created ? undefined : await readStored(registration, state)
  const { clientId } = stored ?? request
  if (stored === undefined) await issuer.bind(clientId, secretArn)
  else await bind(registration, stored, secretArn)
  if (request.rotation !== undefined && !state.rotationEnabled) {
    const { functionArn, everyDays } = request.rotation
    await secrets.scheduleRotation(secretArn, { functionArn, rules: { everyDays } })
  }
  return { clientId, secretArn, created }
}
