// What it takes for the fleet to be as a file says: compares the file with what Secrets Manager and Stytch show, and changes nothing. A
// plan says of each client what is different; who declares it elsewhere is left alone, and nothing is retired unless that was asked.

import { versionLabelled } from '../secret/labels.ts'
import type { RotationRules, Secret } from '../secret/secret.ts'
import { clientIdOf, isRetired, TAG } from '../secret/secret-tags.ts'
import type { ClientRecord } from './client-keeper.ts'
import {
  declarationTags,
  describeOwner,
  foreignOwner,
  isOwnedBy,
  missingTags,
  ownerOf,
  ownerTagKeys,
  ownerTags,
  staleTagKeys,
} from './client-ownership.ts'
import type { StageView } from './clients-api.ts'
import { cliOwner, type DeclaredClient, type Owner } from './declared-client.ts'
import { mayBeLeftover } from './discard-leftover.ts'
import { admissionOf, sameRules } from './guard-secret.ts'
import { strangeAccounts, strangeAccountsFault } from './reader-admission.ts'
import { policyFingerprint } from './secret-policy.ts'

/** Of one thing: as it is, and as it is to be. Empty: it is not there. */
export interface Difference {
  readonly what: string
  readonly from: string
  readonly to: string
}

export type PlannedChange =
  | { readonly kind: 'create'; readonly secretName: string; readonly client: DeclaredClient }
  | {
      readonly kind: 'update'
      readonly secretName: string
      readonly client: DeclaredClient
      readonly differences: readonly Difference[]
    }
  | { readonly kind: 'retire'; readonly secretName: string; readonly owner: Owner; readonly onRemoval: string }
  /** A client that was made for this secret, whose value was never stored. */
  | { readonly kind: 'discard'; readonly secretName: string; readonly clientId: string }

export interface Plan {
  readonly changes: readonly PlannedChange[]
  readonly unchanged: readonly string[]
  /** Listed, and left as it is: somebody else's, or beyond what a file can fix. */
  readonly refused: readonly { readonly secretName: string; readonly why: string }[]
  /** This set's, not listed any more, and kept: retiring was not asked for. */
  readonly notListed: readonly string[]
}

export interface PlanInput {
  readonly stage: StageView
  readonly set: string
  readonly clients: readonly DeclaredClient[]
  readonly secrets: readonly Secret[]
  readonly records: readonly ClientRecord[]
  readonly retiresUnlisted: boolean
  readonly now: number
}

const shownRules = (rules: RotationRules | undefined): string => {
  if (rules === undefined) return ''
  if ('everyDays' in rules) return `${rules.everyDays} days`
  return rules.durationHours === undefined ? rules.schedule : `${rules.schedule}, ${rules.durationHours} h`
}

const shownOwner = (owner: Owner | undefined): string => (owner === undefined ? '' : `set ${owner.resource}`)

const listed = (values: readonly string[]): string => [...values].sort().join(' ')

/** Tags whose change shows as a difference of its own. */
const shownApart = (key: string): boolean =>
  key === TAG.policy || key === TAG.client || key.startsWith(TAG.scopes) || ownerTagKeys.some((one) => one === key)

const tagDifferences = (secret: Secret, wanted: Readonly<Record<string, string>>): readonly Difference[] => {
  const missing = Object.entries(missingTags(secret, wanted)).map(([key, to]) => ({
    what: `tag ${key}`,
    from: secret.tags[key] ?? '',
    to,
  }))
  const stale = staleTagKeys(secret, wanted).map((key) => ({
    what: `tag ${key}`,
    from: secret.tags[key] ?? '',
    to: '',
  }))
  return [...missing, ...stale].filter(({ what }) => !shownApart(what.slice('tag '.length)))
}

const isScopesTagged = (secret: Secret, wanted: Readonly<Record<string, string>>): boolean =>
  ![...Object.keys(missingTags(secret, wanted)), ...staleTagKeys(secret, wanted)].some((key) =>
    key.startsWith(TAG.scopes),
  )

interface Found {
  readonly secret: Secret
  readonly record: ClientRecord
}

const differencesOf = ({ secret, record }: Found, client: DeclaredClient, { stage, set }: PlanInput) => {
  const found: Difference[] = []
  const compare = (what: string, from: string, to: string): void => {
    if (from !== to) found.push({ what, from, to })
  }
  const owner = cliOwner(set)
  const wanted = { ...ownerTags(owner), ...declarationTags(record.clientId, client) }
  if (!isOwnedBy(secret, owner)) compare('declared by', shownOwner(ownerOf(secret)), shownOwner(owner))
  compare('name at Stytch', record.name, client.displayName)
  compare('description at Stytch', record.description, client.description)
  compare('description', secret.description ?? '', client.description)
  compare('scopes', listed(record.scopes), listed(client.scopes))
  if (!isScopesTagged(secret, wanted)) compare('tag m2m:scopes', 'of other scopes', listed(client.scopes))
  found.push(...tagDifferences(secret, wanted))
  const fingerprint = policyFingerprint(stage.policyRevision, client.consumers)
  if (secret.tags[TAG.policy] !== fingerprint)
    compare('policy', 'of other roles', listed(client.consumers) || 'no readers')
  if (secret.rotationFunctionArn !== stage.rotationFunctionArn || !secret.rotationEnabled) {
    compare('rotation', secret.rotationEnabled ? 'by another function' : 'off', 'on')
  }
  if (secret.rules === undefined || !sameRules(secret.rules, client.rules)) {
    compare('schedule', shownRules(secret.rules), shownRules(client.rules))
  }
  if (isRetired(secret) && !record.isActive) compare('at Stytch', 'inactive', 'active')
  return found
}

/** Readers that the key would not let decrypt: applying it would be refused. */
const strangeReaders = (client: DeclaredClient, { stage }: PlanInput): string | undefined => {
  if (stage.readerAccounts === undefined) return undefined
  const strange = strangeAccounts(client.consumers, admissionOf(stage))
  return strange.length === 0 ? undefined : `its readers ${strangeAccountsFault(strange)}`
}

type Judged = { readonly change: PlannedChange } | { readonly refused: string } | 'unchanged'

const judge = (client: DeclaredClient, input: PlanInput, known: Known): Judged => {
  const { secretName } = client
  const secret = known.secrets.get(secretName)
  const strange = strangeReaders(client, input)
  if (strange !== undefined) return { refused: strange }
  if (secret === undefined) return { change: { kind: 'create', secretName, client } }
  if (secret.isDeleted) return { refused: 'its secret is scheduled for deletion; restore it, or choose another name' }
  const other = foreignOwner(secret, cliOwner(input.set))
  if (other !== undefined) return { refused: `${describeOwner(other)}; remove it there first` }
  const clientId = clientIdOf(secret)
  const record = clientId === undefined ? undefined : known.records.get(clientId)
  if (versionLabelled(secret, 'AWSCURRENT') === undefined) {
    return {
      change: { kind: 'update', secretName, client, differences: [{ what: 'value', from: '', to: 'its first' }] },
    }
  }
  // Without the tag, or unbound: the function reads the value and completes what an earlier registration began.
  if (clientId === undefined || (record !== undefined && record.boundTo === undefined)) {
    const differences = [{ what: 'binding', from: '', to: 'its client' }]
    return { change: { kind: 'update', secretName, client, differences } }
  }
  if (record === undefined) {
    return { refused: `its client ${clientId} is gone at Stytch; delete the secret, or choose another name` }
  }
  if (record.boundTo !== secret.arn) {
    return { refused: `its client ${clientId} is bound to ${record.boundTo}; one secret, one client` }
  }
  const differences = differencesOf({ secret, record }, client, input)
  return differences.length === 0 ? 'unchanged' : { change: { kind: 'update', secretName, client, differences } }
}

interface Known {
  readonly secrets: ReadonlyMap<string, Secret>
  readonly records: ReadonlyMap<string, ClientRecord>
}

const removalOf = ({ tags }: Secret): string => tags[TAG.onRemoval] ?? 'retain'

/** Clients of this file's whose value was never stored: no one can use them, and each counts in what Stytch allows. */
const leftovers = ({ clients, records, secrets, stage, now }: PlanInput): readonly PlannedChange[] => {
  const names = new Set(clients.map(({ secretName }) => secretName))
  const filled = secrets.filter((secret) => versionLabelled(secret, 'AWSCURRENT') !== undefined)
  const held = new Set(filled.map(clientIdOf))
  return records
    .filter((record) => mayBeLeftover(record, stage.secretNamePrefix, now) && !held.has(record.clientId))
    .flatMap(({ clientId, registeredFor = '' }) =>
      names.has(registeredFor) ? [{ kind: 'discard' as const, secretName: registeredFor, clientId }] : [],
    )
}

/** Pure, so that it may be repeated with a closer look at what it nominates. */
export const planClients = (input: PlanInput): Plan => {
  const { clients, set, retiresUnlisted } = input
  const known: Known = {
    secrets: new Map(input.secrets.map((secret) => [secret.name, secret])),
    records: new Map(input.records.map((record) => [record.clientId, record])),
  }
  const changes: PlannedChange[] = [...leftovers(input)]
  const unchanged: string[] = []
  const refused: { secretName: string; why: string }[] = []
  for (const client of clients) {
    const judged = judge(client, input, known)
    if (judged === 'unchanged') unchanged.push(client.secretName)
    else if ('change' in judged) changes.push(judged.change)
    else refused.push({ secretName: client.secretName, why: judged.refused })
  }
  const names = new Set(clients.map(({ secretName }) => secretName))
  const owner = cliOwner(set)
  const gone = input.secrets.filter(
    (secret) => !secret.isDeleted && isOwnedBy(secret, owner) && !names.has(secret.name),
  )
  if (retiresUnlisted) {
    for (const secret of gone) {
      changes.push({ kind: 'retire', secretName: secret.name, owner, onRemoval: removalOf(secret) })
    }
  }
  return { changes, unchanged, refused, notListed: retiresUnlisted ? [] : gone.map(({ name }) => name) }
}
