// What doctor says of drills: whether one is due, what one has left, and what cannot be known of the last one.
import { Fault } from '../../lambda/core/base/fault.ts'
import { HOUR_MS } from '../../lambda/core/base/time-units.ts'
import type { StageView } from '../../lambda/core/clients/clients-api.ts'
import { isDrill } from '../../lambda/core/clients/drill-client.ts'
import { type DrillRecord, drillParameter, dueOfDrills } from '../../lambda/core/clients/drill-record.ts'
import type { FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { shortNameOf } from '../../lambda/core/secret/stage-secrets.ts'
import { openDrillRecords } from '../drill/drill-seat.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { at, span } from '../terminal/words.ts'

interface LastDrill {
  readonly last: DrillRecord | undefined
  /** False: whether there was one could not be read. */
  readonly isKnown: boolean
  readonly findings: readonly FleetFinding[]
}

export const readLastDrill = async (context: Pick<CommandContext, 'stage'>): Promise<LastDrill> => {
  const base = { kind: 'notChecked', weight: 'attention', subject: drillParameter(context.stage) } as const
  const todo = 'm2m drill records the next one'
  try {
    const last = await (await openDrillRecords(context)).read()
    if (last !== 'unreadable') return { last, isKnown: true, findings: [] }
    return { last: undefined, isKnown: true, findings: [{ ...base, what: 'it holds no record of a drill', todo }] }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const what = `when the last drill was is not known: ${error.message}`
    return {
      last: undefined,
      isKnown: false,
      findings: [{ ...base, what, todo: 'allow your role ssm:GetParameter on it' }],
    }
  }
}

interface DrillSight {
  readonly secrets: readonly Secret[]
  readonly last: Pick<LastDrill, 'last' | 'isKnown'>
  /** Epoch milliseconds. */
  readonly now: number
}

const dueFindings = ({ drills }: StageView, { last: { last, isKnown }, now }: DrillSight): readonly FleetFinding[] => {
  const base = { kind: 'drill', weight: 'attention', subject: 'm2m drill' } as const
  if (last?.result === 'failed') {
    const step = last.failedStep === undefined ? '' : ` at the step ${last.failedStep}`
    const what = `the drill of ${at(Date.parse(last.at))} failed${step}`
    return [{ ...base, what, todo: 'm2m drill, once that is repaired; docs/runbook.md#drill-failed' }]
  }
  const { everyHours } = drills ?? {}
  if (everyHours === undefined || !isKnown) return []
  const everyMs = everyHours * HOUR_MS
  const due = dueOfDrills(last, { everyMs, now })
  if (due === undefined) return []
  const wanted = `one every ${span(everyMs)} is wanted (drill.every)`
  const what =
    due === 'confirmation'
      ? `nobody has confirmed a drill's notice since ${at(last?.noticeConfirmedAt === undefined ? undefined : Date.parse(last.noticeConfirmedAt))}; ${wanted}`
      : `the last drill was ${last === undefined ? 'never' : at(Date.parse(last.at))}; ${wanted}`
  return [{ ...base, what, todo: 'm2m drill, with somebody on call who looks for the notice' }]
}

/** A drill that runs just now is taken for one that was killed: whoever runs it knows. */
const leftFindings = (view: StageView, { secrets, now }: DrillSight): readonly FleetFinding[] =>
  secrets
    .filter((secret) => !secret.isDeleted && isDrill(view.secretNamePrefix, secret))
    .map((secret) => ({
      kind: 'drill',
      weight: 'attention',
      subject: shortNameOf(view, secret.name),
      what: `a drill left it${secret.createdAt === undefined ? '' : `, ${span(now - secret.createdAt)} ago`}, or is running`,
      todo: 'm2m drill --clean',
    }))

export const drillFindings = (view: StageView, sight: DrillSight): readonly FleetFinding[] => [
  ...dueFindings(view, sight),
  ...leftFindings(view, sight),
]
