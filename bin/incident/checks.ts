// What is looked at in about a second before an incident asks for anything: the freeze, whom it is about, the bus, what the caller may do, and
// Stytch. Shown as a short block. Only a freeze of everything ends the command; whatever else is found, or does not answer in time, is said, and
// the revoke begins: it needs Secrets Manager and its rotation function alone. Nothing is changed by asking.
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import type { LeakSource } from '../../lambda/core/base/event-types.ts'
import { CURRENT, versionLabelled } from '../../lambda/core/secret/labels.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { countWords, type SelectionCounts } from '../../lambda/core/secret/selector.ts'
import { type Frozen, frozenWords } from '../show/frozen.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import {
  errorOf,
  isDenial,
  isNotThere,
  MALFORMED,
  NO_SUCH_SECRET,
  NO_SUCH_TOKEN,
  refusalOfBus,
} from '../terminal/permissions.ts'
import { table } from '../terminal/table.ts'
import { within } from '../terminal/within.ts'
import { askStytch, readFreezeNow } from './obstacles.ts'

const PATIENCE_MS = 1000

/** yes and no are known from an answer; anything else is why it is not known. */
export type Right = 'yes' | 'no' | { readonly why: string }

const NO_ANSWER: Right = { why: 'no answer within a second' }

const toRight = (error: string | undefined, isAllowed: (error: string) => boolean): Right => {
  if (error === undefined || isAllowed(error)) return 'yes'
  return isDenial(error) ? 'no' : { why: error }
}

/** Tried on a secret that is not there: AWS judges who may before it looks whether there is one. */
const mayRotate = async ({ connect }: CommandContext, prefix: string): Promise<Right> => {
  const { secretsManager } = await connect()
  const asked = { SecretId: `${prefix}${NO_SUCH_SECRET}`, ClientRequestToken: NO_SUCH_TOKEN }
  return toRight(await errorOf(() => secretsManager.send(new RotateSecretCommand(asked))), isNotThere)
}

const mayReport = async ({ stage }: CommandContext, source: LeakSource): Promise<Right> =>
  toRight(await refusalOfBus(stage, source), (one) => one === MALFORMED)

export interface Checks {
  readonly frozen: Frozen
  readonly counts: SelectionCounts
  /** Undefined: the bus is not used. */
  readonly mayReport: Right | undefined
  readonly mayRotate: Right
  /** answers, or what is said instead. */
  readonly stytch: string
  /** As AWS knows the caller. */
  readonly caller: string | undefined
}

interface Asked {
  readonly counts: SelectionCounts
  /** Of the secrets' names. */
  readonly prefix: string
  /** As whom it would be reported; undefined: not on the bus. */
  readonly source: LeakSource | undefined
}

export const checkBefore = async (context: CommandContext, { counts, prefix, source }: Asked): Promise<Checks> => {
  const [frozen, report, rotate, stytch, caller] = await Promise.all([
    readFreezeNow(context),
    source === undefined ? undefined : within(PATIENCE_MS, mayReport(context, source), NO_ANSWER),
    within(PATIENCE_MS, mayRotate(context, prefix), NO_ANSWER),
    askStytch(context, PATIENCE_MS),
    within(PATIENCE_MS, context.caller(), undefined),
  ])
  return { frozen, counts, mayReport: report, mayRotate: rotate, stytch, caller }
}

const NOTED = 3

const isInOverlap = (secret: Secret): boolean => {
  const current = versionLabelled(secret, CURRENT)
  return current !== undefined && (current.origin === 'rotate' || current.origin === 'rollback')
}

/** Where the value before may be the one that leaked, something smaller would do; the incident ends both. */
export const overlapNotes = (secrets: readonly Secret[]): readonly string[] => {
  const open = secrets.filter(isInOverlap)
  const lines = open
    .slice(0, NOTED)
    .map(
      ({ name }) =>
        `${name} is in its overlap: if only the value before leaked, m2m settle ${name} alone would do. The incident ends both values.`,
    )
  return open.length > NOTED ? [...lines, `The same holds for ${open.length - NOTED} more.`] : lines
}

const freezeWords = (frozen: Frozen): string => {
  if (frozen.state === 'off') return 'off'
  return frozen.state === 'all' ? frozenWords(frozen) : `${frozenWords(frozen)}; a revoke is let through`
}

const busWords = (right: Right | undefined): string => {
  if (right === undefined) return 'not used (--direct)'
  if (right === 'yes') return 'answers'
  return right === 'no' ? 'denies events:PutEvents' : `not known: ${right.why}`
}

const rightWords = (action: string, right: Right | undefined): readonly string[] => {
  if (right === undefined) return []
  if (right === 'yes') return [`${action} yes`]
  return [right === 'no' ? `${action} NO` : `${action} not known`]
}

export const checkWords = ({ frozen, counts, mayReport, mayRotate, stytch, caller }: Checks): string =>
  table(
    [],
    [
      ['freeze', freezeWords(frozen)],
      ['clients', countWords(counts)],
      ['bus', busWords(mayReport)],
      [
        'rights',
        `${[...rightWords('events:PutEvents', mayReport), ...rightWords('secretsmanager:RotateSecret', mayRotate)].join(', ')} (${caller ?? 'STS did not say who you are'})`,
      ],
      ['Stytch', stytch],
    ],
  )
