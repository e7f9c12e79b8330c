// Makes a declared client so, or keeps it so: registers it when it is missing, then brings scopes, description, owner, policy,
// schedule and replicas in line. May be repeated at any point: what is there stays. A client that this very request made, and
// could not finish, is taken back, so that a failed deployment leaves no orphan.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import { makeClientId } from '../secret/client-id.ts'
import { nameBelowFault } from '../secret/client-name.ts'
import type { Secret } from '../secret/secret.ts'
import { hasValue } from '../secret/secret.ts'
import { clientIdOf, isRetired, TAG } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import { type ClientKeeper, type ClientRecord, isClientOf } from './client-keeper.ts'
import { declarationTags, describeOwner, foreignOwner, ownerTags, requestTags, wasMadeBy } from './client-ownership.ts'
import type { DeclaredClient, Owner } from './declared-client.ts'
import {
  assertReadable,
  type GuardingSecrets,
  guardSecret,
  type Stage,
  scheduleSecret,
  setPolicy,
} from './guard-secret.ts'
import { type Registration, registerClient } from './register-client.ts'

export interface Declaration {
  readonly registration: Registration
  readonly clients: ClientKeeper
  readonly secrets: Pick<Secrets, 'describe' | 'setDescription' | 'erase' | 'readPolicy'> & GuardingSecrets['secrets']
}

interface DeclareRequest {
  readonly stage: Stage
  readonly owner: Owner
  readonly requestId: string
  readonly client: DeclaredClient
  /** From another set of the command line's. @default false */
  readonly mayTakeOver?: boolean
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
 * An id that is free at the issuer, and those of ours that are not: clients whose value was never stored. Whether the issuer would take a
 * deleted id again is undocumented (stytch-api §1.5), so the next one is tried.
 */
const freeClientId = async (
  { registration }: Declaration,
  request: DeclareRequest,
): Promise<{ readonly clientId: string; readonly unusable: readonly string[] }> => {
  const unusable: string[] = []
  for (let attempt = 1; attempt <= MAX_LEFTOVERS; attempt += 1) {
    const clientId = candidateId(request, attempt)
    if ((await registration.issuer.look(clientId)) === undefined) return { clientId, unusable }
    unusable.push(clientId)
  }
  return { clientId: candidateId(request, MAX_LEFTOVERS + 1), unusable }
}

const assertFree = (facts: Secret, { owner, client, mayTakeOver = false }: DeclareRequest): void => {
  if (facts.isDeleted) {
    throw refuse(client.secretName, 'its secret is scheduled for deletion; restore it, or choose another name')
  }
  const other = foreignOwner(facts, owner)
  if (other !== undefined && !(mayTakeOver && other.stackId === owner.stackId))
    throw refuse(client.secretName, `${describeOwner(other)}; remove it there first`)
}

/** The client, bound as the tags say: then there is no need to read the value, which would count as use. */
const findBound = async (
  { clients }: Declaration,
  facts: Secret | undefined,
): Promise<{ readonly facts: Secret; readonly record: ClientRecord } | undefined> => {
  const clientId = facts === undefined ? undefined : clientIdOf(facts)
  const record = clientId === undefined ? undefined : await clients.find(clientId)
  return facts !== undefined && record?.boundTo === facts.arn ? { facts, record } : undefined
}

/** Only what was made for this secret and never bound: its value is lost, now that another one is stored. */
const removeUnusable = async (
  { registration, clients }: Declaration,
  secretName: string,
  unusable: readonly string[],
): Promise<void> => {
  for (const clientId of unusable) {
    const record = await clients.find(clientId)
    if (record?.boundTo === undefined && record?.registeredFor === secretName)
      await registration.registry.remove(clientId)
  }
}

const register = async (declaration: Declaration, request: DeclareRequest, facts: Secret | undefined) => {
  const { registration, secrets } = declaration
  const { stage, client, owner, requestId } = request
  const { secretName, consumers } = client
  // Of no account when the secret holds a value: registerClient reads the client from it then.
  const { clientId, unusable } =
    facts !== undefined && hasValue(facts)
      ? { clientId: candidateId(request, 1), unusable: [] }
      : await freeClientId(declaration, request)
  const taggedId = facts === undefined ? undefined : clientIdOf(facts)
  const registered = await registerClient(registration, {
    secretName,
    displayName: client.displayName,
    clientId,
    description: client.description,
    scopes: client.scopes,
    tokenUrl: stage.tokenUrl,
    tags: { ...ownerTags(owner), ...declarationTags(clientId, client), ...requestTags(requestId) },
    ...defined({ kmsKeyId: stage.kmsKeyId }),
    guard: async (secretArn) => {
      await setPolicy({ secrets }, stage, { secretArn, consumers })
      // An earlier registration's secret names a client whose value it never stored.
      if (taggedId !== undefined && taggedId !== clientId) await secrets.tag(secretArn, { [TAG.client]: clientId })
    },
  })
  if (registered.created) {
    const earlier = taggedId === undefined || taggedId === clientId ? [] : [taggedId]
    await removeUnusable(declaration, secretName, [...new Set([...unusable, ...earlier])])
  }
  return registered
}

const isDescribedAs = (record: ClientRecord | undefined, client: DeclaredClient): boolean =>
  record?.name === client.displayName &&
  record.description === client.description &&
  JSON.stringify([...record.scopes].sort()) === JSON.stringify([...client.scopes].sort())

interface Standing extends Declared {
  readonly facts: Secret
  /** As the issuer shows it; absent: not looked at. */
  readonly record: ClientRecord | undefined
  /** Its policy was set a moment ago, before its value. */
  readonly policyStands: boolean
}

const bringInLine = async (declaration: Declaration, request: DeclareRequest, standing: Standing) => {
  const { clients, secrets } = declaration
  const { stage, owner, client } = request
  const { facts, clientId } = standing
  const tags = { ...ownerTags(owner), ...declarationTags(clientId, client) }
  // Deactivated when it was no longer declared; guarding takes the tag away that says so. One that break-glass switched off has no
  // such tag, and stays off.
  if (isRetired(facts) && standing.record?.isActive === false) await clients.activate(clientId)
  const { policyStands } = standing
  await guardSecret(declaration, stage, { facts, tags, consumers: client.consumers, policyStands })
  const { displayName: name, description, scopes } = client
  if (!isDescribedAs(standing.record, client)) await clients.describe(clientId, { name, description, scopes })
  if ((facts.description ?? '') !== description) await secrets.setDescription(facts.arn, description)
  await scheduleSecret(declaration, stage, { facts, rules: client.rules })
}

/** Registers what is missing. A client that was just made is described already. */
const makeStand = async (
  declaration: Declaration,
  request: DeclareRequest,
  known: Secret | undefined,
): Promise<Standing> => {
  const { client } = request
  const registered = await register(declaration, request, known)
  const { clientId, secretArn } = registered
  const facts = await declaration.secrets.describe(secretArn)
  if (facts === undefined) throw refuse(client.secretName, 'its secret was removed meanwhile; ask again')
  const { displayName: name, description, scopes } = client
  const record: ClientRecord | undefined = registered.created
    ? {
        clientId,
        name,
        description,
        scopes,
        isActive: true,
        slots: { current: '', next: null },
        boundTo: secretArn,
        registeredFor: client.secretName,
        registeredAt: undefined,
      }
    : undefined
  return { clientId, secretArn, facts, record, policyStands: registered.created }
}

/** Takes back what this request made; what another made stays. */
const takeBack = async (
  { registration, clients, secrets }: Declaration,
  { client, requestId }: DeclareRequest,
): Promise<void> => {
  const facts = await secrets.describe(client.secretName)
  if (facts === undefined || !wasMadeBy(facts, requestId)) return
  const clientId = clientIdOf(facts)
  const record = clientId === undefined ? undefined : await clients.find(clientId)
  // The secret goes first: one without its client would be taken for whole by the next deployment, and consumers by it.
  await secrets.erase(facts.arn)
  if (record !== undefined && isClientOf(record, facts)) await registration.registry.remove(record.clientId)
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
  const misnamed = nameBelowFault(stage.secretNamePrefix, client.secretName)
  if (misnamed !== undefined) throw refuse(client.secretName, misnamed)
  assertReadable(stage, client.secretName, client.consumers)
  const facts = await declaration.secrets.describe(client.secretName)
  if (facts !== undefined) assertFree(facts, request)
  try {
    const bound = await findBound(declaration, facts)
    const standing: Standing =
      bound === undefined
        ? await makeStand(declaration, request, facts)
        : { ...bound, clientId: bound.record.clientId, secretArn: bound.facts.arn, policyStands: false }
    await bringInLine(declaration, request, standing)
    const { clientId, secretArn } = standing
    return { clientId, secretArn }
  } catch (fault) {
    await takeBack(declaration, request).catch((second: unknown) => {
      throw leftBehind(client.secretName, fault, second)
    })
    throw fault
  }
}
