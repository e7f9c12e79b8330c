// Takes a client over whose secret stays where its owner made it: under its name, in its owner's words, with every consumer reading on. The
// value is read and tried, and not written: the first rotation is the first to change it. Everything that stands in the way is said at once,
// before anything is changed; then come the policy, which keeps its owner's statements, the tags, the binding and the schedule. May be asked
// again at any point.

import { defined } from '../base/defined.ts'
import { Fault } from '../base/fault.ts'
import { isM2mClient } from '../secret/client-id.ts'
import { isOurs } from '../secret/is-managed.ts'
import { unfinishedVersion } from '../secret/labels.ts'
import {
  type FieldNames,
  fieldNameFaults,
  fieldNamesIn,
  isInPlace,
  mappedForm,
  tagLengthFault,
  writeFieldNames,
} from '../secret/mapped-form.ts'
import type { Secret } from '../secret/secret.ts'
import { hasValue, scheduleOf } from '../secret/secret.ts'
import { clientForm, type StoredSecret } from '../secret/secret-format.ts'
import { clientIdOf, scopeTags, TAG } from '../secret/secret-tags.ts'
import { isNameOfStage, outsideFault } from '../secret/stage-secrets.ts'
import type { ClientRecord } from './client-keeper.ts'
import { describeOwner, missingTags, ownerOf } from './client-ownership.ts'
import type { Adopted, InPlaceAsked } from './clients-api.ts'
import type { Declaration } from './declare-client.ts'
import { admissionOf, revisionOf, type Stage, scheduleSecret } from './guard-secret.ts'
import { mergedPolicy } from './merged-policy.ts'
import { strangeAccounts, strangeAccountsFault } from './reader-admission.ts'
import { policyFingerprint } from './secret-policy.ts'

export interface InPlaceRequest extends InPlaceAsked {
  readonly stage: Stage
  /** Why whoever asks may not have a client of these scopes. @default - they may */
  readonly scopesFaultOf?: (scopes: readonly string[]) => string | undefined
}

/** Of one resource (AWS General Reference, "Tagging"). */
const MAX_TAGS = 50

const refuse = ({ secretName }: Pick<InPlaceRequest, 'secretName'>, faults: readonly string[]): Fault =>
  new Fault({
    code: 'INPUT_MALFORMED',
    retryable: false,
    message: `Secret ${secretName} was not adopted where it is, and nothing was changed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
  })

/** Why nothing is asked about it at all. */
const nameFaults = ({ secretName, stage, fields }: InPlaceRequest): readonly string[] => {
  const faults = [...fieldNameFaults(fields)]
  if (!isNameOfStage(stage, secretName)) faults.push(outsideFault(stage, secretName))
  else if (secretName.startsWith(stage.secretNamePrefix)) {
    faults.push(`it is below ${stage.secretNamePrefix}, where clients are registered: adopt it without --in-place`)
  }
  return faults
}

/** The key id in an ARN, or as it is. */
const keyIdOf = (key: string): string => key.slice(key.lastIndexOf('/') + 1)

/**
 * The stage's roles may use the stage's key alone. An alias of it is refused as well: it could be pointed at another key later. A stage that
 * names no key takes any.
 */
const keyFault = ({ kmsKeyId }: Secret, { stage, secretName }: InPlaceRequest): readonly string[] => {
  const wanted = stage.kmsKeyId
  if (wanted === undefined || (kmsKeyId !== undefined && keyIdOf(kmsKeyId) === keyIdOf(wanted))) return []
  const found =
    kmsKeyId === undefined || /alias\/aws\/secretsmanager$/.test(kmsKeyId)
      ? "AWS's own key, aws/secretsmanager"
      : kmsKeyId
  return [
    `it is encrypted with ${found}, and the rotation function may use the stage's key alone: aws secretsmanager update-secret --secret-id ${secretName} --kms-key-id ${wanted}`,
  ]
}

/** A rotation that was switched off is in no one's way. */
const rotationFault = (facts: Secret, { stage }: InPlaceRequest): readonly string[] => {
  if (!facts.rotationEnabled || isOurs(facts, stage)) return []
  const by = facts.rotationFunctionArn ?? 'the service that made it'
  return [
    `it is rotated by ${by}: end that first, by aws secretsmanager cancel-rotate-secret, and remove whatever turns it on again`,
  ]
}

/** By metadata alone. */
const secretFaults = (facts: Secret, request: InPlaceRequest): readonly string[] => {
  const owner = ownerOf(facts)
  const holds = clientIdOf(facts)
  return [
    ...(facts.isDeleted ? ['it is scheduled for deletion: restore it first'] : []),
    ...(hasValue(facts) ? [] : ['no version of it carries AWSCURRENT']),
    ...(unfinishedVersion(facts) === undefined ? [] : ['a rotation of it is under way (AWSPENDING): let it end first']),
    ...(owner === undefined ? [] : [describeOwner(owner)]),
    ...(holds === undefined || request.clientId === undefined || holds === request.clientId
      ? []
      : [`its tag ${TAG.client} names another client, ${holds}`]),
    ...(facts.replicas.length === 0
      ? []
      : [
          `it has replicas (${facts.replicas.map(({ region }) => region).join(', ')}), whose keys this stage may not use: remove them first`,
        ]),
    ...rotationFault(facts, request),
    ...keyFault(facts, request),
  ]
}

interface Read {
  readonly names: FieldNames
  readonly stored: StoredSecret | undefined
  readonly faults: readonly string[]
}

/** The value in its owner's words. It is in no fault. */
const readStored = async ({ registration }: Declaration, request: InPlaceRequest, facts: Secret): Promise<Read> => {
  const { fields, clientId } = request
  const { projectId } = registration.issuer
  const version = await registration.secrets.readValue(facts.arn, { label: 'AWSCURRENT' })
  const text = version?.text ?? ''
  const names = fieldNamesIn(text, fields)
  const parsed = mappedForm(names, clientForm, projectId).parse(text, version?.createdAt ?? 0)
  const tooLong = tagLengthFault(names)
  const long = tooLong === undefined ? [] : [tooLong]
  if (!parsed.ok) {
    const hint = 'say which members hold what by --field client_secret=<name>, client_id=<name>'
    return {
      names,
      stored: undefined,
      faults: [...parsed.refusal.map((fault) => `its value: ${fault}; ${hint}`), ...long],
    }
  }
  const stored = parsed.value
  return {
    names,
    stored,
    faults: [
      ...(clientId === undefined || stored.clientId === clientId
        ? []
        : [`its value is of client ${stored.clientId}, not of ${clientId}`]),
      ...(stored.projectId === projectId
        ? []
        : [`its value is of project ${stored.projectId}; this stage serves ${projectId}`]),
      ...long,
    ],
  }
}

const recordFaults = (record: ClientRecord | undefined, facts: Secret | undefined): readonly string[] => {
  if (record === undefined) return ['Stytch knows no such client in this project']
  const { boundTo, isActive } = record
  return [
    ...(boundTo === undefined || boundTo === facts?.arn
      ? []
      : [`its client is bound to ${boundTo} (trusted_metadata.managed_by); one secret, one client`]),
    ...(isActive ? [] : ['its client is inactive at Stytch, so that no value of it can be tried']),
  ]
}

const exchangeFaults = async (
  { registration }: Declaration,
  { clientId, slots }: ClientRecord,
  { clientSecret }: StoredSecret,
): Promise<readonly string[]> => {
  if ((await registration.issuer.exchange(clientId, clientSecret)).accepted) return []
  const next = slots.next === null ? '' : `, its next one in …${slots.next}`
  return [`Stytch refuses its value. The client's current one ends in …${slots.current}${next}`]
}

/** What is known before anything is changed. */
interface Ready {
  readonly facts: Secret
  readonly record: ClientRecord
  readonly names: FieldNames
  readonly policy: string
}

/** Until its readers are known (m2m readers). */
const READING_OPEN = 'open'

const tagsFor = ({ heldBy, overlap, period, tags }: InPlaceRequest, { record, names }: Ready, now: number) => ({
  ...tags,
  [TAG.client]: record.clientId,
  ...scopeTags(record.scopes),
  [TAG.fields]: writeFieldNames(names),
  [TAG.reading]: READING_OPEN,
  [TAG.held]: new Date(now).toISOString(),
  [TAG.heldBy]: heldBy,
  ...defined({ [TAG.overlap]: overlap, [TAG.period]: period }),
})

export const rolesOf = ({ readers, changers, rotators, operators = [] }: Stage, consumers: readonly string[]) => ({
  readers,
  changers,
  rotators,
  operators,
  consumers,
})

const policyFor = async ({ secrets }: Declaration, request: InPlaceRequest, facts: Secret) => {
  const { stage, consumers } = request
  const strange = strangeAccounts(consumers, admissionOf(stage))
  const existing = await secrets.readPolicy(facts.arn)
  const roles = rolesOf(stage, consumers)
  const merged = mergedPolicy({ secretArn: facts.arn, roles, existing, isReadingOpen: true })
  return {
    policy: merged.ok ? merged.value : '',
    faults: [
      ...(strange.length === 0 ? [] : [`its readers ${strangeAccountsFault(strange)}`]),
      ...(merged.ok ? [] : [merged.refusal]),
    ],
  }
}

/** The client that was named, or that the value names, with what is wrong with either. */
const findRecord = async (
  declaration: Declaration,
  clientId: string | undefined,
  {
    facts,
    read,
    scopesFaultOf,
  }: Pick<InPlaceRequest, 'scopesFaultOf'> & { readonly facts: Secret; readonly read: Read | undefined },
): Promise<{ readonly record: ClientRecord | undefined; readonly faults: readonly string[] }> => {
  const none = { record: undefined }
  if (clientId === undefined) return { ...none, faults: [] }
  if (!isM2mClient(clientId)) {
    const fault = `${clientId} is no M2M client: Connected Apps and SCIM connections are adopted as copies`
    return { ...none, faults: [fault] }
  }
  const record = await declaration.clients.find(clientId)
  const stored = read?.stored
  const isTried = record?.isActive === true && stored?.clientId === clientId
  return {
    record,
    faults: [
      ...recordFaults(record, facts),
      ...[scopesFaultOf?.(record?.scopes ?? [])].filter((fault) => fault !== undefined),
      ...(isTried ? await exchangeFaults(declaration, record, stored) : []),
    ],
  }
}

/** @returns everything that stands in the way, or what is to be done. */
const prepare = async (
  declaration: Declaration,
  request: InPlaceRequest,
  facts: Secret,
): Promise<Ready | readonly string[]> => {
  const found = secretFaults(facts, request)
  // Neither its value nor its policy can be read then: that would only be denied.
  const isReadable = !facts.isDeleted && keyFault(facts, request).length === 0
  const read = isReadable && hasValue(facts) ? await readStored(declaration, request, facts) : undefined
  const clientId = request.clientId ?? clientIdOf(facts) ?? read?.stored?.clientId
  const { record, faults: ofRecord } = await findRecord(declaration, clientId, {
    facts,
    read,
    ...defined({ scopesFaultOf: request.scopesFaultOf }),
  })
  const { policy, faults: ofPolicy } = isReadable
    ? await policyFor(declaration, request, facts)
    : { policy: '', faults: [] }
  const faults = [...found, ...(read?.faults ?? []), ...ofRecord, ...ofPolicy]
  if (faults.length > 0 || record === undefined || read === undefined) return faults
  const ready = { facts, record, names: read.names, policy }
  const count = Object.keys({ ...facts.tags, ...tagsFor(request, ready, 0), [TAG.policy]: '' }).length
  return count > MAX_TAGS ? [`it would have ${count} tags, and AWS takes ${MAX_TAGS}: remove some of its own`] : ready
}

const isWhole = (facts: Secret, record: ClientRecord, { stage, clientId }: InPlaceRequest): boolean =>
  (clientId === undefined || clientId === record.clientId) &&
  facts.tags[TAG.policy] !== undefined &&
  record.boundTo === facts.arn &&
  scheduleOf(facts)?.functionArn === stage.rotationFunctionArn

/** Of a secret that was adopted where it is before. */
const findKnown = async ({ clients }: Declaration, facts: Secret): Promise<ClientRecord | undefined> => {
  const clientId = clientIdOf(facts)
  return isInPlace(facts) && clientId !== undefined ? clients.find(clientId) : undefined
}

/** @throws Fault INPUT_MALFORMED with everything that is in the way; then nothing was changed. Or the adapters' faults: ask again. */
export const adoptInPlace = async (declaration: Declaration, request: InPlaceRequest): Promise<Adopted> => {
  const { registration, secrets } = declaration
  const { secretName, stage, rules, consumers } = request
  const misnamed = nameFaults(request)
  if (misnamed.length > 0) throw refuse(request, misnamed)
  const facts = await secrets.describe(secretName)
  if (facts === undefined) throw refuse(request, ['there is no such secret'])
  const answer = ({ clientId, slots }: ClientRecord, outcome: Adopted['outcome']): Adopted => ({
    clientId,
    secretArn: facts.arn,
    outcome,
    hasUnknownNext: slots.next !== null,
  })
  const known = await findKnown(declaration, facts)
  if (known !== undefined && isWhole(facts, known, request)) return answer(known, 'already')
  const ready = await prepare(declaration, request, facts)
  if (!('policy' in ready)) throw refuse(request, ready)
  const { record, policy } = ready
  if (request.isDryRun === true) return answer(record, 'wouldAdopt')
  await secrets.setPolicy(facts.arn, policy)
  const fingerprint = policyFingerprint(revisionOf(stage), consumers)
  const tags = { ...tagsFor(request, ready, registration.timing.now()), [TAG.policy]: fingerprint }
  await secrets.tag(facts.arn, missingTags(facts, tags))
  if (record.boundTo === undefined) await registration.issuer.bind(record.clientId, facts.arn)
  await scheduleSecret(declaration, stage, { facts, rules })
  return answer(record, 'adopted')
}
