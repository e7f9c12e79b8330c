// Makes a declared client so, or keeps it so: registers it when it is missing, then brings scopes, description, owner, policy,
// schedule and replicas in line. May be asked again at any point: what is there stays. A client that this very request made, and
// could not finish, is taken back, so that a failed deployment leaves no orphan.
import { makeClientId } from '../domain/client-id.ts'
import { Fault } from '../domain/failures.ts'
import type { ClientKeeper, Replica, RotationRules, SecretFacts, SecretKeeper } from '../domain/registrar-ports.ts'
import { secretPolicy } from '../domain/secret-policy.ts'
import { clientIdOf, clientTags, foreignStack, ownerTags, requestTags, wasMadeBy } from './client-ownership.ts'
import type { DeclaredClient, Owner } from './read-client-request.ts'
import { type Registration, registerClient } from './register-client.ts'

export interface Declaration {
  readonly registration: Registration
  readonly clients: ClientKeeper
  readonly secrets: SecretKeeper
}

/** What the stage has settled for all of its clients. */
export interface Stage {
  readonly secretNamePrefix: string
  readonly tokenUrl: string
  readonly kmsKeyId?: string | undefined
  readonly rotationFunctionArn: string
  readonly readers: readonly string[]
  readonly changers: readonly string[]
  readonly replicas: readonly Replica[]
}

export interface DeclareRequest {
  readonly stage: Stage
  readonly owner: Owner
  readonly requestId: string
  readonly client: DeclaredClient
}

export interface Declared {
  readonly clientId: string
  readonly secretArn: string
}

const refuse = (secretName: string, why: string): Fault =>
  new Fault({ code: 'INPUT_MALFORMED', retryable: false, message: `Client ${secretName} was left as it is: ${why}.` })

const MAX_LEFTOVERS = 3

const candidateId = ({ requestId, client, owner }: DeclareRequest, attempt: number): string =>
  makeClientId({ declaredBy: [owner.stackId, owner.resource], requestId, secretName: client.secretName, attempt })

/**
 * An id that is free at the issuer. A client under one of ours whose secret was never stored is of no use to anybody: its value is
 * lost. Whether the issuer would take a deleted id again is undocumented (stytch-api §1.5), so the next one is tried.
 */
const freeClientId = async ({ registration }: Declaration, request: DeclareRequest): Promise<string> => {
  for (let attempt = 1; attempt <= MAX_LEFTOVERS; attempt += 1) {
    const clientId = candidateId(request, attempt)
    if ((await registration.issuer.look(clientId)) === undefined) return clientId
    await registration.registry.remove(clientId)
  }
  return candidateId(request, MAX_LEFTOVERS + 1)
}

const assertFree = (facts: SecretFacts, { owner, client }: DeclareRequest): void => {
  if (facts.isDeleted) {
    throw refuse(client.secretName, 'its secret is scheduled for deletion; restore it, or choose another name')
  }
  const other = foreignStack(facts, owner)
  if (other !== undefined) throw refuse(client.secretName, `stack ${other} declares it; remove it there first`)
}

/** Bound as the tags say: then there is no need to read the value, which would count as use. */
const isWhole = async ({ registration }: Declaration, facts: SecretFacts): Promise<boolean> => {
  const clientId = clientIdOf(facts)
  return clientId !== undefined && (await registration.issuer.look(clientId))?.boundTo === facts.arn
}

const register = async (declaration: Declaration, request: DeclareRequest, facts: SecretFacts | undefined) => {
  const { stage, client, owner, requestId } = request
  // Kept when the secret exists already: registerClient reads the client from it then.
  const clientId = facts === undefined ? await freeClientId(declaration, request) : candidateId(request, 1)
  return registerClient(declaration.registration, {
    secretName: client.secretName,
    clientId,
    description: client.description,
    scopes: client.scopes,
    tokenUrl: stage.tokenUrl,
    tags: { ...ownerTags(owner), ...clientTags(clientId), ...requestTags(requestId) },
    ...(stage.kmsKeyId === undefined ? {} : { kmsKeyId: stage.kmsKeyId }),
  })
}

const sameRules = (one: RotationRules, other: RotationRules): boolean => {
  if ('everyDays' in one) return 'everyDays' in other && one.everyDays === other.everyDays
  return !('everyDays' in other) && one.schedule === other.schedule && one.durationHours === other.durationHours
}

const bringInLine = async (
  { clients, secrets }: Declaration,
  request: DeclareRequest,
  { clientId, secretArn }: Declared,
) => {
  const { stage, owner, client } = request
  const facts = await secrets.inspect(secretArn)
  if (facts === undefined) throw refuse(client.secretName, 'its secret was removed meanwhile; deploy again')
  // The policy first: until it stands, whoever has a wide identity policy may read.
  const { readers, changers } = stage
  await secrets.setPolicy(
    secretArn,
    JSON.stringify(secretPolicy(secretArn, { readers, changers, consumers: client.consumers })),
  )
  await secrets.tag(secretArn, { ...ownerTags(owner), ...clientTags(clientId) })
  const { displayName: name, description, scopes } = client
  await clients.describe(clientId, { name, description, scopes })
  if (facts.description !== description) await secrets.describe(secretArn, description)
  const missing = stage.replicas.filter(({ region }) => !facts.replicaRegions.includes(region))
  if (missing.length > 0) await secrets.replicate(secretArn, missing)
  const { rotation } = facts
  const isScheduled =
    rotation !== undefined &&
    rotation.functionArn === stage.rotationFunctionArn &&
    sameRules(rotation.rules, client.rules)
  // Last, when the value stands and is bound; and only when it differs, since AWS refuses it while a rotation is under way.
  if (!isScheduled) await secrets.scheduleRotation(secretArn, stage.rotationFunctionArn, client.rules)
}

/** Takes back what this request made; what another made stays. */
const takeBack = async (
  { registration, secrets }: Declaration,
  { client, requestId }: DeclareRequest,
): Promise<void> => {
  const facts = await secrets.inspect(client.secretName)
  if (facts === undefined || !wasMadeBy(facts, requestId)) return
  const clientId = clientIdOf(facts)
  // The secret goes first: one without its client would be taken for whole by the next deployment, and consumers by it.
  await secrets.erase(facts.arn)
  if (clientId !== undefined) await registration.registry.remove(clientId)
}

const messageOf = (fault: unknown): string => (fault instanceof Fault ? fault.message : 'an unforeseen failure')

/** The first fault still leads; the second says what a person has to look for. */
const leftBehind = (secretName: string, first: unknown, second: unknown): Fault =>
  new Fault({
    code: first instanceof Fault ? first.code : 'INPUT_MALFORMED',
    retryable: false,
    message: `${messageOf(first)} Taking back what was made of ${secretName} failed as well, so look for it: ${messageOf(second)}`,
    cause: first,
  })

/** @throws Fault INPUT_MALFORMED, or the adapters' faults; then nothing is left that was not there before. */
export const declareClient = async (declaration: Declaration, request: DeclareRequest): Promise<Declared> => {
  const { stage, client } = request
  if (!client.secretName.startsWith(stage.secretNamePrefix)) {
    throw refuse(client.secretName, `its name does not start with ${stage.secretNamePrefix}`)
  }
  const facts = await declaration.secrets.inspect(client.secretName)
  if (facts !== undefined) assertFree(facts, request)
  try {
    const clientId = facts === undefined ? undefined : clientIdOf(facts)
    const declared: Declared =
      facts !== undefined && clientId !== undefined && (await isWhole(declaration, facts))
        ? { clientId, secretArn: facts.arn }
        : await register(declaration, request, facts)
    await bringInLine(declaration, request, declared)
    return declared
  } catch (fault) {
    await takeBack(declaration, request).catch((second: unknown) => {
      throw leftBehind(client.secretName, fault, second)
    })
    throw fault
  }
}
