// The settings of the clients function: the registrar's, and what the stage has settled that a plan is made with.
import { defined } from '../core/base/defined.ts'
import { isJsonObject, parseJsonObject } from '../core/base/json-object.ts'
import type { SetRule, Sets } from '../core/clients/authority.ts'
import { type HandMadeSecret, handMadeKinds } from '../core/secret/hand-made-secrets.ts'
import { createReader, type Environment, type Reader } from './reader.ts'
import { type RegistrarEnv, readRegistrar, writeRegistrarEnv } from './registrar.ts'
import { type PublicationEnv, readPublication, writePublication } from './revocations.ts'

type BackstopEnv =
  | { readonly everyDays: number }
  | { readonly schedule: string; readonly durationHours?: number | undefined }

export interface ClientsEnv extends RegistrarEnv {
  /** When Secrets Manager rotates by itself, where a client says nothing. */
  readonly backstop: BackstopEnv
  readonly periodHours: number
  readonly overlapHours: number
  /** The longest time between two periodic campaigns; absent: there is none. */
  readonly campaignEveryHours?: number
  /** After which a hold is reported. */
  readonly longestHoldHours: number
  /** How often the sweep runs; absent: the function tells nobody. */
  readonly sweepEveryMinutes?: number
  /** The secrets that people store for the stage's functions, by which `m2m doctor` finds them. */
  readonly handMadeSecrets: readonly HandMadeSecret[]
  /** Name of the evidence archive's bucket, likewise. */
  readonly evidenceBucket?: string
  /** Where a client that is switched off is published; absent: nowhere. */
  readonly publication?: PublicationEnv
  /** After which another drill is due; absent: none is asked for. */
  readonly drillEveryHours?: number
  /** What the sets of the configuration allow, by name; absent: there are none. */
  readonly sets?: Sets
}

const readHours = (reader: Reader, name: string): number => {
  const text = reader.text(name, 'a number of hours')
  const hours = Number(text)
  if (text !== '' && !(hours > 0)) reader.fault(name, 'is malformed: expected a number of hours')
  return hours
}

/** `60`, in days; or `rate(…)`, `cron(…)`, perhaps with ` 4h` behind it. */
const readBackstop = (reader: Reader): BackstopEnv => {
  const name = 'M2M_BACKSTOP'
  const text = reader.text(name, 'days, or an expression of Secrets Manager')
  if (/^[1-9]\d{0,3}$/.test(text)) return { everyDays: Number(text) }
  const [, schedule, hours] = /^((?:rate|cron)\(.+\))(?: (\d{1,2})h)?$/.exec(text) ?? []
  if (schedule === undefined) {
    if (text !== '') reader.fault(name, 'is malformed: expected days, or an expression of Secrets Manager')
    return { everyDays: 1 }
  }
  return { schedule, ...(hours === undefined ? {} : { durationHours: Number(hours) }) }
}

const writeBackstop = (backstop: BackstopEnv): string => {
  if ('everyDays' in backstop) return String(backstop.everyDays)
  return backstop.durationHours === undefined ? backstop.schedule : `${backstop.schedule} ${backstop.durationHours}h`
}

const HAND_MADE = 'M2M_HAND_MADE_SECRETS'

/** `projectSecret=stytch/m2m signingSecret=…` */
const readHandMade = (reader: Reader): readonly HandMadeSecret[] =>
  (reader.optional(HAND_MADE) ?? '')
    .split(' ')
    .filter(Boolean)
    .flatMap((text) => {
      const [, kind, name] = /^(\w+)=(.+)$/.exec(text) ?? []
      const known = handMadeKinds.find((one) => one === kind)
      if (known !== undefined && name !== undefined) return [{ kind: known, name }]
      reader.fault(HAND_MADE, `is malformed: expected kinds, ${handMadeKinds.join(', ')}, each with "=" and a name`)
      return []
    })

const SETS = 'M2M_SETS'

const isTexts = (value: unknown): value is readonly string[] | undefined =>
  value === undefined || (Array.isArray(value) && value.every((one) => typeof one === 'string'))

const isRule = (value: unknown): value is SetRule =>
  isJsonObject(value) &&
  isTexts(value.readers) &&
  isTexts(value.scopes) &&
  (value.names === undefined || typeof value.names === 'string')

/** JSON, by name. */
const readSets = (reader: Reader): { readonly sets?: Sets } => {
  const text = reader.optional(SETS)
  if (text === undefined) return {}
  const rules = Object.entries(parseJsonObject(text) ?? {})
  const known = rules.flatMap(([name, rule]) => (isRule(rule) ? [[name, rule] as const] : []))
  // Whoever cannot read the rules must not take them for none.
  if (known.length === 0 || known.length < rules.length) {
    reader.fault(SETS, 'is malformed: expected an object of sets, each with readers, scopes and names')
  }
  return { sets: Object.fromEntries(known) }
}

const EVERY = 'M2M_CAMPAIGN_EVERY_HOURS'
const DRILL_EVERY = 'M2M_DRILL_EVERY_HOURS'
const SWEEP_EVERY = 'M2M_SWEEP_EVERY_MINUTES'

const readMinutes = (reader: Reader, name: string): number => {
  const minutes = Number(reader.optional(name))
  if (!(minutes > 0)) reader.fault(name, 'is malformed: expected a number of minutes')
  return minutes
}

export const readClientsEnv = (env: Environment): ClientsEnv => {
  const reader = createReader(env)
  const settings = {
    ...readRegistrar(reader),
    backstop: readBackstop(reader),
    periodHours: readHours(reader, 'M2M_PERIOD_HOURS'),
    overlapHours: readHours(reader, 'M2M_OVERLAP_HOURS'),
    longestHoldHours: readHours(reader, 'M2M_LONGEST_HOLD_HOURS'),
    handMadeSecrets: readHandMade(reader),
    ...(reader.optional(EVERY) === undefined ? {} : { campaignEveryHours: readHours(reader, EVERY) }),
    ...(reader.optional(DRILL_EVERY) === undefined ? {} : { drillEveryHours: readHours(reader, DRILL_EVERY) }),
    ...(reader.optional(SWEEP_EVERY) === undefined ? {} : { sweepEveryMinutes: readMinutes(reader, SWEEP_EVERY) }),
    ...readSets(reader),
    ...readPublication(reader),
    ...defined({
      evidenceBucket: reader.optional('M2M_EVIDENCE_BUCKET'),
    }),
  }
  reader.finish()
  return settings
}

/** The inverse of readClientsEnv. */
export const writeClientsEnv = ({
  backstop,
  periodHours,
  overlapHours,
  longestHoldHours,
  handMadeSecrets,
  evidenceBucket,
  campaignEveryHours,
  drillEveryHours,
  sweepEveryMinutes,
  sets,
  publication,
  ...rest
}: ClientsEnv): Record<string, string> => ({
  ...writeRegistrarEnv(rest),
  M2M_BACKSTOP: writeBackstop(backstop),
  M2M_PERIOD_HOURS: String(periodHours),
  M2M_OVERLAP_HOURS: String(overlapHours),
  M2M_LONGEST_HOLD_HOURS: String(longestHoldHours),
  ...(handMadeSecrets.length === 0
    ? {}
    : { [HAND_MADE]: handMadeSecrets.map(({ kind, name }) => `${kind}=${name}`).join(' ') }),
  ...writePublication(publication),
  ...defined({
    M2M_EVIDENCE_BUCKET: evidenceBucket,
    [SETS]: sets && JSON.stringify(sets),
    [EVERY]: campaignEveryHours?.toString(),
    [DRILL_EVERY]: drillEveryHours?.toString(),
    [SWEEP_EVERY]: sweepEveryMinutes?.toString(),
  }),
})
