// What the status page shows of the clients, from what both stand-ins hold: names, labels, slots, positions, last fours. No value.

import { HOUR_MS } from '../../core/base/time-units.ts'
import { checkedState, type ShownState, shownState, visibleOf } from '../../core/clients/client-status.ts'
import { stateWords } from '../../core/clients/state-words.ts'
import type { CheckFinding } from '../../core/rotation/check-answer.ts'
import { type Position, type Slots, sightings } from '../../core/rotation/position.ts'
import { entryLabelled } from '../../core/secret/labels.ts'
import { type Origin, readRequestToken } from '../../core/secret/request-token.ts'
import type { Secret } from '../../core/secret/secret.ts'
import type { StoredSecret } from '../../core/secret/secret-format.ts'
import { clientIdOf, overlapOf } from '../../core/secret/secret-tags.ts'
import { formOf } from '../../core/secret/slot-forms.ts'
import { isOfStage, type StageSecrets, shortNameOf } from '../../core/secret/stage-secrets.ts'
import type { PeekedSecret, PeekedVersion } from '../aws/peek.ts'

export interface VersionSight {
  readonly id: string
  readonly origin: Origin
  readonly labels: readonly string[]
  /** null: no value, or none in the format of a client's secret. */
  readonly lastFour: string | null
}

export interface ClientSight {
  /** Without the stage's prefix. */
  readonly name: string
  readonly secretName: string
  readonly clientId: string | null
  /** As `m2m status` says it. */
  readonly state: ShownState
  /** Whether somebody has to act: a bad state, or a value that is older than it may become. */
  readonly needsAction: boolean
  /** As the move table says it; null: Stytch knows no such client. */
  readonly position: Position | null
  readonly slots: Slots | null
  /** Whether Stytch accepts anything of the client; null: it knows no such client. */
  readonly isActive: boolean | null
  readonly versions: readonly VersionSight[]
  /** Epoch milliseconds. */
  readonly rotatedAt: number | null
  /** When AWSCURRENT's value was issued, as far as metadata shows. */
  readonly issuedAt: number | null
  readonly overlapFrom: number | null
  readonly overlapUntil: number | null
  readonly isHeld: boolean
  readonly isOverdue: boolean
}

export interface SightInput extends StageSecrets {
  readonly rotationFunctionArn: string
  readonly hours: { readonly periodHours: number; readonly overlapHours: number }
  /**
   * Stytch's two slots, by last four, whether it accepts anything of the client, and the ARN of the secret that it says holds it.
   * @default isActive - true, boundTo - not known
   */
  readonly slotsOf: (
    clientId: string,
  ) => (Slots & { readonly isActive?: boolean; readonly boundTo?: string | undefined }) | undefined
  /** Epoch milliseconds. */
  readonly now: number
}

const toSecret = (secret: PeekedSecret): Secret => ({
  arn: secret.arn,
  name: secret.name,
  description: undefined,
  tags: secret.tags,
  labels: Object.fromEntries(
    secret.versions.filter(({ stages }) => stages.length > 0).map(({ id, stages }) => [id, stages]),
  ),
  rotationEnabled: secret.rotation?.isEnabled === true,
  rotationFunctionArn: secret.rotation?.lambdaArn,
  rules: undefined,
  isDeleted: secret.deletionAt !== undefined,
  createdAt: secret.createdAt,
  lastChangedAt: secret.lastChangedAt,
  lastRotatedAt: secret.rotation?.lastRotatedAt,
  nextRotationAt: secret.rotation?.nextAt,
  lastReadOnDayAt: undefined,
  replicas: [],
})

/** Whatever project the value is of: that decides nothing here. */
const ANY_PROJECT = 'any'

/** What a look has read of a version already: it is asked for its label and for its last four. */
const read = new WeakMap<PeekedVersion, StoredSecret | 'malformed'>()

const stored = (secret: PeekedSecret, version: PeekedVersion): StoredSecret | undefined => {
  const { value, createdAt } = version
  if (value === undefined) return undefined
  const before = read.get(version)
  if (before !== undefined) return before === 'malformed' ? undefined : before
  const parsed = formOf(secret, ANY_PROJECT).parse(value, createdAt)
  read.set(version, parsed.ok ? parsed.value : 'malformed')
  return parsed.ok ? parsed.value : undefined
}

const versionOf = ({ versions }: PeekedSecret, label: string): PeekedVersion | undefined => {
  const entry = entryLabelled(
    versions.map((version) => ({ version, labels: version.stages })),
    label,
  )
  return entry?.version
}

/** AWSCURRENT: its version, and the last four of its value; null: it holds none in the format of a client's secret. */
export const currentOf = (
  secret: PeekedSecret,
): { readonly versionId: string; readonly lastFour: string | null } | undefined => {
  const version = versionOf(secret, 'AWSCURRENT')
  return version && { versionId: version.id, lastFour: stored(secret, version)?.clientSecret.lastFour ?? null }
}

const positionOf = (secret: PeekedSecret, slots: Slots | undefined): Position | null => {
  const current = versionOf(secret, 'AWSCURRENT')
  const holding = current === undefined ? undefined : stored(secret, current)
  if (slots === undefined || current === undefined || holding === undefined) return null
  const valueAt = (label: string) => {
    const version = versionOf(secret, label)
    return version === undefined ? undefined : stored(secret, version)?.clientSecret
  }
  const pending = versionOf(secret, 'AWSPENDING') ?? current
  const origin = readRequestToken(pending.id).origin
  const found = sightings({
    slots,
    stored: {
      current: holding.clientSecret,
      pending: pending === current ? undefined : valueAt('AWSPENDING'),
      previous: valueAt('AWSPREVIOUS'),
    },
    intent: origin === 'register' || origin === 'adopt' ? 'settle' : origin,
  })
  const [only, ...others] = new Set(found.map(({ position }) => position))
  return only === undefined || others.length > 0 ? 'ambiguous' : only
}

/** In none of Stytch's slots: consumers are refused. */
const DEAD: readonly (Position | null)[] = ['drift', 'cancelledUnderUs']

/** What the rotation function would answer, had it been asked. */
const findingOf = (
  { arn }: PeekedSecret,
  position: Position | null,
  { slots, now }: { readonly slots: ReturnType<SightInput['slotsOf']>; readonly now: number },
): CheckFinding => {
  if (slots === undefined) return { found: 'gone', since: now }
  if (slots.boundTo !== undefined && slots.boundTo !== arn) return { found: 'foreign', since: now }
  if (slots.isActive === false) return { found: 'inactive' }
  return DEAD.includes(position) ? { found: 'dead', since: now } : { found: 'fits' }
}

const sightOf = (secret: PeekedSecret, input: SightInput): ClientSight => {
  const { rotationFunctionArn, hours, slotsOf, now } = input
  const managed = toSecret(secret)
  const spans = { periodMs: hours.periodHours * HOUR_MS, overlapMs: hours.overlapHours * HOUR_MS }
  const visible = visibleOf(managed, { rotationFunctionArn, spans, now })
  const clientId = clientIdOf(managed)
  const slots = clientId === undefined ? undefined : slotsOf(clientId)
  const position = positionOf(secret, slots)
  const finding = clientId === undefined ? undefined : findingOf(secret, position, { slots, now })
  const state = shownState({
    ...visible,
    state: checkedState(visible.state, { secret: managed, record: undefined, finding }),
  })
  return {
    name: shortNameOf(input, secret.name),
    secretName: secret.name,
    clientId: clientId ?? null,
    state,
    needsAction: stateWords[state].tone === 'bad' || visible.isOverdue,
    position,
    slots: slots === undefined ? null : { current: slots.current, next: slots.next },
    isActive: slots === undefined ? null : slots.isActive !== false,
    versions: secret.versions
      .filter(({ stages }) => stages.length > 0)
      .map((version) => ({
        id: version.id,
        origin: readRequestToken(version.id).origin,
        labels: version.stages,
        lastFour: stored(secret, version)?.clientSecret.lastFour ?? null,
      })),
    rotatedAt: visible.rotatedAt ?? null,
    issuedAt: visible.issuedAt ?? null,
    overlapFrom: visible.overlapUntil === undefined ? null : visible.overlapUntil - overlapOf(managed, spans),
    overlapUntil: visible.overlapUntil ?? null,
    isHeld: visible.hold !== undefined,
    isOverdue: visible.isOverdue,
  }
}

/** Those of the stage, by name. */
export const sightClients = (secrets: readonly PeekedSecret[], input: SightInput): readonly ClientSight[] =>
  secrets
    .filter((secret) => isOfStage(input, secret))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1))
    .map((secret) => sightOf(secret, input))
