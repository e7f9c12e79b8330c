// Takes a client over that exists at the issuer already, with the value that its consumers use: proves the value by an exchange, makes its
// secret, held and guarded before the value is stored in it, binds the client, and schedules the secret. Nothing is rotated, and nothing of the client changes but
// its binding. May be repeated at any point: what is there stays, and another client's secret is refused.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import { nameBelowFault } from '../secret/client-name.ts'
import type { ClientSecret } from '../secret/client-secret.ts'
import { firstToken } from '../secret/request-token.ts'
import type { Secret } from '../secret/secret.ts'
import { hasValue, scheduleOf } from '../secret/secret.ts'
import { LOST_VALUE } from '../secret/secret-format.ts'
import { clientIdOf, scopeTags, TAG } from '../secret/secret-tags.ts'
import { formatUndatedSecret, slotForm } from '../secret/slot-forms.ts'
import { bindingWords, type ClientRecord } from './client-keeper.ts'
import { describeOwner, ownerOf } from './client-ownership.ts'
import type { Adopted, AdoptWish } from './clients-api.ts'
import type { Declaration } from './declare-client.ts'
import { assertReadable, guardSecret, type Stage, scheduleSecret, setPolicy } from './guard-secret.ts'

export interface AdoptRequest extends AdoptWish {
  readonly stage: Stage
  /** Everything is looked at, and nothing changed. @default false */
  readonly isRehearsal?: boolean
  /** Why whoever asks may not have a client of these scopes. @default - they may */
  readonly scopesFaultOf?: (scopes: readonly string[]) => string | undefined
}

const refuse = ({ secretName, clientId }: AdoptRequest, why: string): Fault =>
  new Fault({
    code: 'INPUT_MALFORMED',
    retryable: false,
    message: `Client ${clientId} was not adopted as ${secretName}, and nothing was changed: ${why}.`,
  })

/** The client, if it may become this secret's. */
const findAdoptable = async (
  { clients }: Declaration,
  request: AdoptRequest,
  facts: Secret | undefined,
): Promise<ClientRecord> => {
  const record = await clients.find(request.clientId)
  if (record === undefined) throw refuse(request, 'Stytch knows no such client in this project')
  if (record.boundTo !== undefined && record.boundTo !== facts?.arn) {
    throw refuse(request, `it is bound to ${record.boundTo} (${bindingWords(record.clientId)}); one secret, one client`)
  }
  const beyond = request.scopesFaultOf?.(record.scopes)
  if (beyond !== undefined) throw refuse(request, beyond)
  if (!record.isActive) throw refuse(request, 'it is inactive at Stytch, so that no value of it can be proven')
  return record
}

/** What stands under the name already must be this client's, and hold what is to be adopted. */
const assertSame = async ({ registration }: Declaration, request: AdoptRequest, facts: Secret): Promise<void> => {
  if (facts.isDeleted) throw refuse(request, 'its secret is scheduled for deletion; restore it, or choose another name')
  const owner = ownerOf(facts)
  if (owner !== undefined) throw refuse(request, `a secret of this name exists, and ${describeOwner(owner)}`)
  if (clientIdOf(facts) !== request.clientId) {
    throw refuse(request, `a secret of this name exists, for client ${clientIdOf(facts) ?? 'of no known id'}`)
  }
  const version = await registration.secrets.readValue(facts.arn, { label: 'AWSCURRENT' })
  // Made by an adoption that stopped before it stored the value.
  if (version === undefined) return
  const parsed = slotForm.parse(version.text, version.createdAt)
  if (!parsed.ok) throw refuse(request, 'a secret of this name exists, in another format')
  const isSame = parsed.value.clientSecret.equals(request.clientSecret ?? LOST_VALUE)
  if (parsed.value.clientId !== request.clientId || !isSame) {
    throw refuse(request, 'a secret of this name exists and holds another value')
  }
}

/** @returns the proven value; or, when it is lost, one that the issuer never accepts. */
const prove = async (
  { registration }: Declaration,
  request: AdoptRequest,
  { slots }: ClientRecord,
): Promise<ClientSecret> => {
  const { clientSecret, clientId } = request
  if (clientSecret === undefined) {
    // The first rotation starts a next secret, and would have to cancel one that somebody may use.
    if (slots.next !== null) {
      throw refuse(request, `its next secret, …${slots.next}, is open at Stytch; complete or cancel it there first`)
    }
    return LOST_VALUE
  }
  const { accepted } = await registration.issuer.exchange(clientId, clientSecret)
  if (accepted) return clientSecret
  throw refuse(
    request,
    'Stytch refuses this value. Its current one ends in ' +
      `…${slots.current}${slots.next === null ? '' : `, its next one in …${slots.next}`}; give that one, or adopt with --rotate if it is lost`,
  )
}

/** The secret, without a value. */
const makeSecret = async (declaration: Declaration, request: AdoptRequest, record: ClientRecord): Promise<Secret> => {
  const { registration, secrets } = declaration
  const { secretName, clientId, description, stage, heldBy, tags } = request
  const outcome = await registration.secrets.create({
    name: secretName,
    description,
    kmsKeyId: stage.kmsKeyId,
    tags: {
      ...tags,
      [TAG.client]: clientId,
      ...scopeTags(record.scopes),
      // Held from the first moment on: no schedule finds it free in between.
      [TAG.held]: new Date(registration.timing.now()).toISOString(),
      [TAG.heldBy]: heldBy,
      ...defined({ [TAG.overlap]: request.overlap, [TAG.period]: request.period }),
    },
  })
  const facts = await secrets.describe(secretName)
  if (facts === undefined) throw refuse(request, 'its secret was removed in the meantime')
  if (outcome === 'exists') await assertSame(declaration, request, facts)
  return facts
}

/** The policy, then the value. */
const storeValue = async (
  declaration: Declaration,
  request: AdoptRequest,
  { facts, value }: { readonly facts: Secret; readonly value: ClientSecret },
): Promise<void> => {
  const { clientId, stage, consumers } = request
  const { secrets, issuer } = declaration.registration
  await setPolicy(declaration, stage, { secretArn: facts.arn, consumers })
  const outcome = await secrets.storeFirst({
    secretId: facts.arn,
    requestToken: firstToken('adopt', facts),
    text: formatUndatedSecret({ clientId, clientSecret: value, projectId: issuer.projectId, tokenUrl: stage.tokenUrl }),
  })
  if (outcome === 'taken') throw refuse(request, 'a secret of this name exists and holds another value')
}

const isWhole = (facts: Secret, record: ClientRecord): boolean =>
  record.boundTo === facts.arn && facts.tags[TAG.policy] !== undefined && scheduleOf(facts) !== undefined

/** @throws Fault INPUT_MALFORMED when it may not be adopted; then nothing was changed. Or the adapters' faults: ask again. */
export const adoptClient = async (declaration: Declaration, request: AdoptRequest): Promise<Adopted> => {
  const { registration, secrets } = declaration
  const { secretName, clientId, stage, consumers, rules } = request
  const misnamed = nameBelowFault(stage.secretNamePrefix, secretName)
  if (misnamed !== undefined) throw refuse(request, misnamed)
  assertReadable(stage, secretName, consumers)
  const known = await secrets.describe(secretName)
  const record = await findAdoptable(declaration, request, known)
  const hasUnknownNext = record.slots.next !== null
  // Adopted long ago, perhaps rotated since: the value that was in use then proves nothing now.
  if (known !== undefined && clientIdOf(known) === clientId && isWhole(known, record)) {
    return { clientId, secretArn: known.arn, outcome: 'already', hasUnknownNext }
  }
  if (known !== undefined) await assertSame(declaration, request, known)
  const value = await prove(declaration, request, record)
  if (request.isRehearsal === true) {
    return { clientId, secretArn: known?.arn ?? secretName, outcome: 'wouldAdopt', hasUnknownNext }
  }
  const facts = known ?? (await makeSecret(declaration, request, record))
  const { arn: secretArn } = facts
  if (!hasValue(facts)) await storeValue(declaration, request, { facts, value })
  if (record.boundTo === undefined) await registration.issuer.bind(clientId, secretArn)
  await guardSecret(declaration, stage, { facts, tags: facts.tags, consumers, policyStands: !hasValue(facts) })
  await scheduleSecret(declaration, stage, { facts, rules })
  return { clientId, secretArn, outcome: 'adopted', hasUnknownNext }
}
