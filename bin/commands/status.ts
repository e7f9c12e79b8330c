// `m2m status`: without a name, how the stage is; with names, all that is known of each: what its labels say, what Stytch shows of its
// slots and, asked through the rotation function, whether it accepts AWSCURRENT; since when, what comes next, who holds it. Values are read
// only on request, since a read counts as somebody's use.
import type { Command } from 'commander'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { ClientRecord } from '../../lambda/core/clients/client-keeper.ts'
import { describeOwner, ownerOf } from '../../lambda/core/clients/client-ownership.ts'
import { checkedState, foundState, shownState, slotWords } from '../../lambda/core/clients/client-status.ts'
import type { CheckFinding } from '../../lambda/core/rotation/check-answer.ts'
import { readRequestToken } from '../../lambda/core/secret/request-token.ts'
import { clientIdOf, isRetired, scopesOf } from '../../lambda/core/secret/secret-tags.ts'
import type { VersionEntry } from '../../lambda/core/secret/secrets.ts'
import { checkClients } from '../show/check-clients.ts'
import { findOne, readFleet } from '../show/choose.ts'
import { asOfView, type Row, recordJson, rowJson, rowOf } from '../show/client-rows.ts'
import { type Frozen, frozenWords, liftWords, originJson, readFrozenIfAllowed } from '../show/frozen.ts'
import { type Read, readPosition } from '../show/read-position.ts'
import { type StuckRotation, stuckJson, stuckRotation } from '../show/stuck-rotation.ts'
import { addWatching, type Watchable, type WatchOptions, watchable } from '../show/watch.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { EXIT } from '../terminal/command-fault.ts'
import { run } from '../terminal/run.ts'
import type { Screen } from '../terminal/screen.ts'
import { table } from '../terminal/table.ts'
import { at, atAndSpan, count, iso, span } from '../terminal/words.ts'
import { paintState } from './list.ts'

interface StatusOptions {
  readonly read?: true
}

interface Sight {
  readonly row: Row
  readonly record: ClientRecord | undefined
  /** Why Stytch's record of it is not known. @default - it is, or there is none */
  readonly why: string | undefined
  readonly versions: readonly VersionEntry[]
  readonly read: Read | undefined
  /** Absent: it is empty, deleted, retired, or in the middle of a rotation. */
  readonly finding: CheckFinding | undefined
  readonly frozen: Frozen
  readonly stuck: StuckRotation | undefined
}

const ATTEMPTS_SHOWN = 3

/** What Secrets Manager knows is shown all the same. @throws what is no Fault */
const whyNoRecord = (error: unknown): { readonly record: undefined; readonly why: string } => {
  if (error instanceof Fault) return { record: undefined, why: error.message }
  throw error
}

/** Requests after the one that made AWSCURRENT, which failed: newest first. */
const failedAttempts = ({ row, versions }: Sight): readonly VersionEntry[] => {
  const current = versions.findIndex(({ versionId }) => versionId === row.visible.last?.versionId)
  const later = current < 0 ? versions : versions.slice(0, current)
  return later.filter(({ labels }) => labels.length === 0).slice(0, ATTEMPTS_SHOWN)
}

const see = async (context: CommandContext, name: string, { read: mayRead }: StatusOptions): Promise<Sight> => {
  const view = await context.view()
  const { secrets, clientsApi, freeze } = await context.connect()
  const secret = await findOne(context, name)
  const clientId = clientIdOf(secret)
  const [versions, looked, findings, frozen] = await Promise.all([
    secrets.listVersions(secret.arn),
    clientId === undefined
      ? { record: undefined }
      : clientsApi
          .list({ clientIds: [clientId] })
          .then(({ clients }) => ({ record: clients.find((one) => one.clientId === clientId) }), whyNoRecord),
    checkClients(context, { secrets: [secret] }),
    readFrozenIfAllowed(freeze),
  ])
  const { record, why } = { why: undefined, ...looked }
  const read = mayRead === true ? await readPosition(secrets, secret, { record, projectId: view.projectId }) : undefined
  const finding = findings.get(secret.arn)
  const row = rowOf(secret, view, asOfView(view, context.timing.now()))
  const before = row.visible.state
  // No record is no client only where Stytch was asked.
  const state = why === undefined ? checkedState(before, { secret, record, finding }) : foundState(before, finding)
  const seen = { ...row, visible: { ...row.visible, state } }
  return {
    ...{ row: seen, record, why, versions, read, finding, frozen },
    stuck: stuckRotation({ row: seen, versions, frozen, why }, view),
  }
}

const slotsOf = (record: ClientRecord | undefined): string => {
  if (record === undefined) return '–'
  const { current, next } = record.slots
  return `current …${current}, next ${next === null ? 'empty' : `…${next}`}`
}

const overlapWords = ({ visible, asOf }: Row): string => {
  if (visible.overlapUntil === undefined) return visible.state === 'revoked' ? 'none: a settle is due at once' : 'none'
  const until = atAndSpan(visible.overlapUntil, asOf.now)
  return visible.hold === undefined ? `until ${until}` : `until it is released (would end ${until})`
}

const lastWords = ({ row, versions }: Sight): string => {
  const { last } = row.visible
  if (last === undefined) return '–'
  const version = versions.find(({ versionId }) => versionId === last.versionId)
  return `${last.origin}, ${at(version?.createdAt ?? last.askedAt)}`
}

const attemptWords = (sight: Sight): string =>
  failedAttempts(sight)
    .map(({ versionId, createdAt }) => `${readRequestToken(versionId).origin} of ${at(createdAt)}`)
    .join('; ')

const ageWords = ({ row, read }: Sight): string => {
  const { now } = row.asOf
  if (read?.issuedAt !== undefined) return `${span(now - read.issuedAt)}, issued ${at(read.issuedAt)}`
  const { issuedAt } = row.visible
  return issuedAt === undefined ? '–' : `${span(now - issuedAt)} at the least, since ${at(issuedAt)}`
}

const readRows = ({ read, why }: Pick<Sight, 'read' | 'why'>): readonly (readonly string[])[] =>
  read === undefined
    ? []
    : [
        ['position', read.position ?? (why === undefined ? 'unknown: Stytch knows no such client' : 'not known')],
        [
          'stored',
          `AWSCURRENT …${read.currentLastFour}${read.previousLastFour === undefined ? '' : `, AWSPREVIOUS …${read.previousLastFour}`}`,
        ],
      ]

/** What the state alone does not say of a rotation that was cancelled in the middle. */
const rotationRow = ({ row: { secret }, stuck }: Sight): readonly (readonly string[])[] =>
  secret.rotationEnabled || secret.isDeleted || isRetired(secret)
    ? []
    : [
        [
          'rotation',
          `off: nothing rotates it as planned; m2m apply, or a deployment, turns it on again${stuck === undefined ? '' : ', once what is stuck has ended'}`,
        ],
      ]

const replicaRow = ({ row }: Sight): readonly (readonly string[])[] => {
  const { replicas } = row.secret
  const words = replicas.map(({ region, status, message }) => [region, status, message].filter(Boolean).join(' '))
  return replicas.length === 0 ? [] : [['replicas', words.join(', ')]]
}

/** What a planned rotation refuses, whatever Stytch says of the value. */
const valueRow = ({ finding }: Sight): readonly (readonly string[])[] => {
  const faults = finding !== undefined && 'faults' in finding ? (finding.faults ?? []) : []
  return faults.length === 0
    ? []
    : [
        [
          'value',
          `a planned rotation refuses it: ${faults.join('; ')}. Store it in the format of docs/secret-format.md, with the value that is in use`,
        ],
      ]
}

/** What Stytch says to AWSCURRENT, and what to do. */
const checkWords = ({ row, finding }: Sight): string => {
  if (finding === undefined) return '–'
  switch (finding.found) {
    case 'fits':
      return 'Stytch accepts AWSCURRENT'
    case 'openNext':
      return 'Stytch accepts AWSCURRENT, and a next secret is open: m2m settle --anyway, once you know who opened it'
    case 'inactive':
      return 'Stytch accepts nothing of this client while it is inactive'
    case 'dead':
      return `DEAD: Stytch refuses AWSCURRENT, found ${at(finding.since)}. m2m incident ${row.name} --reason … replaces it; m2m rollback ${row.name}, where the value before works`
    case 'gone':
      return `DEAD: Stytch knows no such client, found ${at(finding.since)}; it was deleted; register it again`
    case 'foreign':
      return `the client belongs to another secret, found ${at(finding.since)}; docs/runbook.md, "Drift"`
    case 'unknown':
      return `not checked: ${finding.why}`
  }
}

const detailOf = (screen: Screen, sight: Sight): string => {
  const { row, record, why } = sight
  const { visible, secret, name, asOf } = row
  const owner = ownerOf(secret)
  const said = why === undefined ? slotWords(visible.state, record, clientIdOf(secret)) : undefined
  const failed = attemptWords(sight)
  const hold = visible.hold
  const rows: readonly (readonly string[])[] = [
    ['client', clientIdOf(secret) ?? '–'],
    ['secret', secret.arn],
    ['state', `${paintState(screen, shownState(visible))}${said === undefined ? '' : `; ${said}`}`],
    ...readRows(sight),
    ['at Stytch', why === undefined ? slotsOf(record) : `not known: ${why}`],
    ['checked', checkWords(sight)],
    ...valueRow(sight),
    ...(sight.stuck === undefined ? [] : [['stuck', sight.stuck.words]]),
    ...rotationRow(sight),
    ['overlap', overlapWords(row)],
    ...replicaRow(sight),
    ['age', `${ageWords(sight)}${visible.isOverdue ? screen.paint('yellow', ', overdue') : ''}`],
    ['next rotation', atAndSpan(secret.nextRotationAt, asOf.now)],
    ...(sight.frozen.state === 'off' ? [] : [['freeze', `${frozenWords(sight.frozen)}${liftWords(sight.frozen)}`]]),
    ['last', lastWords(sight)],
    ...(failed === '' ? [] : [['failed', failed]]),
    ['held', hold === undefined ? 'no' : `since ${at(hold.since)}${hold.by === undefined ? '' : ` by ${hold.by}`}`],
    ['scopes', scopesOf(secret).join(' ')],
    ['declared', owner === undefined ? 'not declared' : describeOwner(owner)],
  ]
  return `${screen.paint('bold', name)}\n${table([], rows)}`
}

const sightJson = (sight: Sight) => ({
  ...rowJson(sight.row),
  stytch: sight.why === undefined ? recordJson(sight.record, sight.row) : { unknown: sight.why },
  check:
    sight.finding === undefined
      ? null
      : {
          found: sight.finding.found,
          since: 'since' in sight.finding ? iso(sight.finding.since) : null,
          why: sight.finding.found === 'unknown' ? sight.finding.why : null,
          faults: 'faults' in sight.finding ? (sight.finding.faults ?? []) : [],
        },
  stuck: stuckJson(sight.stuck),
  replicas: sight.row.secret.replicas,
  position: sight.read?.position ?? null,
  issuedAt: iso(sight.read?.issuedAt),
  failedAttempts: failedAttempts(sight).map(({ versionId, createdAt }) => ({ versionId, createdAt: iso(createdAt) })),
})

/** One thing that cannot be read hides nothing of the others. */
const ofStage = async (context: CommandContext): Promise<Watchable> => {
  const view = await context.view()
  const asOf = asOfView(view, context.timing.now())
  const rows = (await readFleet(context, { includesDeleted: true })).map((secret) => rowOf(secret, view, asOf))
  const frozen = await readFrozenIfAllowed((await context.connect()).freeze)
  const tally: Record<string, number> = {}
  for (const { visible } of rows) tally[shownState(visible)] = (tally[shownState(visible)] ?? 0) + 1
  const held = rows.filter(({ visible }) => visible.hold !== undefined).length
  const overdue = rows.filter(({ visible }) => visible.isOverdue).length
  const lines = [
    ['clients', count(rows.length, 'client')],
    ...Object.entries(tally).map(([state, number]) => [`  ${state}`, number.toLocaleString('en')]),
    ['held', held.toLocaleString('en')],
    ['overdue', overdue.toLocaleString('en')],
    ['freeze', frozen.state === 'off' ? 'off' : `${frozenWords(frozen)}${liftWords(frozen)}`],
    ['project', view.projectId],
    ['period, overlap', `${view.periodHours} h, ${view.overlapHours} h`],
  ]
  const json = {
    stage: context.stage,
    projectId: view.projectId,
    clients: rows.length,
    states: tally,
    held,
    overdue,
    freeze: frozen.why === undefined ? frozen.state : null,
    frozen: originJson(frozen),
  }
  const text = `${context.screen.paint('bold', context.stage)}\n${table([], lines)}`
  return { json, text, exitCode: EXIT.ok, items: [{ key: context.stage, json, text }], stytchCalls: 0 }
}

/** Of each client: its record, its slots, and perhaps an exchange. */
const CALLS_EACH = 3

export const status = async (
  context: CommandContext,
  options: StatusOptions,
  names: readonly string[],
): Promise<Watchable> => {
  if (names.length === 0) return ofStage(context)
  const sights: Sight[] = []
  for (const name of names) sights.push(await see(context, name, options))
  return {
    json: { stage: context.stage, clients: sights.map(sightJson) },
    text: sights.map((sight) => detailOf(context.screen, sight)).join('\n\n'),
    exitCode: EXIT.ok,
    items: sights.map((sight) => ({
      key: sight.row.name,
      json: sightJson(sight),
      text: detailOf(context.screen, sight),
    })),
    stytchCalls: CALLS_EACH * sights.length,
  }
}

export const addStatus = (program: Command): void => {
  const command = program
    .command('status')
    .description('show the state of the stage, or of some clients in full')
    .argument('[client...]', 'names, or ARNs of secrets')
    .option('--read', 'read the values too, for position and age: with your own rights, and it counts as a use')
  addWatching(command).action(run(watchable<StatusOptions & WatchOptions>(status)))
}
