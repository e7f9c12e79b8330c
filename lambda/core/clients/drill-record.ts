// What the last drill of a stage came to, as `m2m drill` stores it and `m2m doctor` reads it: one parameter of Systems Manager. It says what the
// drill saw, and who ran it; the signed proof of its revoke lies in the evidence archive. Pure.
import { defined } from '../base/defined.ts'
import { parseJsonObject } from '../base/json-object.ts'

const drillResults = ['passed', 'failed'] as const

const noticeStates = ['confirmed', 'missing', 'notConfirmed'] as const
/** As a person says. notConfirmed: nobody was asked, or nobody was there to answer. */
export type NoticeState = (typeof noticeStates)[number]

export interface DrillRecord {
  /** ISO 8601: when it ended. */
  readonly at: string
  readonly incidentId: string
  readonly clientName: string
  /** passed: no step of it failed. */
  readonly result: (typeof drillResults)[number]
  /** @default - none */
  readonly failedStep?: string
  readonly notice: NoticeState
  /** ISO 8601: the last drill, this one or one before it, whose notice was confirmed. @default - none */
  readonly noticeConfirmedAt?: string
  readonly by: string
}

export const drillParameter = (stage: string): string => `/m2m/${stage}/drill`

export const writeDrillRecord = (record: DrillRecord): string => JSON.stringify({ version: 1, ...record })

const isText = (value: unknown): value is string => typeof value === 'string'

const isInstant = (value: unknown): value is string => isText(value) && !Number.isNaN(Date.parse(value))

/** @returns undefined for what is no record. */
export const readDrillRecord = (text: string): DrillRecord | undefined => {
  const { at, incidentId, clientName, by, failedStep, noticeConfirmedAt, ...rest } = parseJsonObject(text) ?? {}
  const result = drillResults.find((one) => one === rest.result)
  const notice = noticeStates.find((one) => one === rest.notice)
  if (!isInstant(at) || !isText(incidentId) || !isText(clientName) || !isText(by)) return undefined
  if (result === undefined || notice === undefined) return undefined
  return {
    ...{ at, incidentId, clientName, by, result, notice },
    ...defined({
      failedStep: isText(failedStep) ? failedStep : undefined,
      noticeConfirmedAt: isInstant(noticeConfirmedAt) ? noticeConfirmedAt : undefined,
    }),
  }
}

interface DrillTurn {
  readonly everyMs: number
  /** Epoch milliseconds. */
  readonly now: number
}

const isOlder = (at: string | undefined, { everyMs, now }: DrillTurn): boolean =>
  at === undefined || now - Date.parse(at) > everyMs

/** What a stage is due for: a drill, since none has passed for so long; or a person who confirms its notice. */
export const dueOfDrills = (record: DrillRecord | undefined, turn: DrillTurn): 'drill' | 'confirmation' | undefined => {
  if (record === undefined || record.result === 'failed' || isOlder(record.at, turn)) return 'drill'
  return isOlder(record.noticeConfirmedAt, turn) ? 'confirmation' : undefined
}
