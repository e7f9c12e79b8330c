// What a campaign and its pages say to each other: an order, and a reply. Both are stored by the durable execution, so they are small,
// plain JSON, and nothing secret. A page's order may reach newer code than that which made it: its format is numbered.

import { isJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import { isSecretName } from '../secret/secret-name.ts'
import type { CampaignFailure, Counts } from './campaign-report.ts'
import type { CampaignIntent } from './campaign-request.ts'
import type { SecretEnd } from './secret-end.ts'
import { isRecentEnds, type Recent } from './stop-rule.ts'

const FORMAT = 1

/** switch: rotate, and leave the overlap open. settle: end it. revoke: both at once. */
export type PagePhase = 'switch' | 'settle' | 'revoke'

export interface PageOrder {
  readonly page: number
  readonly format: typeof FORMAT
  /** What the request tokens are about. */
  readonly about: string
  readonly intent: CampaignIntent
  readonly isGraceful: boolean
  readonly phase: PagePhase
  /** Secrets' names, below the stage's prefix. */
  readonly names: readonly string[]
  readonly inFlight: number
  readonly rotationsPerSecond: number
  /** Absent: it never stops. */
  readonly failuresAllowed?: number
  /** How the last ones ended before this page, and what share may fail; absent: it never stops. */
  readonly window?: PageWindow
  /** Epoch milliseconds; absent: now. */
  readonly notBefore?: number
  /** By which an operator pauses or stops the whole campaign: the execution's name. Absent: nobody can. */
  readonly execution?: string
  /** When the campaign began, epoch milliseconds: attempts before it count against no limit. Absent: every one counts. */
  readonly since?: number
  /** When Stytch accepted what leaked, epoch milliseconds. Absent: nobody looked. */
  readonly aliveAt?: number
}

export interface PageWindow {
  readonly recent: Recent
  readonly toleratedPercentage: number
  /** Begins no further one after so many were tried. Absent: no bound. */
  readonly tries?: number
}

export interface PageReply {
  readonly counts: Partial<Counts>
  /** At most PAGE_FAILURES of them. */
  readonly failures: readonly CampaignFailure[]
  readonly failuresOmitted: number
  /** Of a switch: which of the names were switched, by their place. */
  readonly switched?: readonly number[]
  /** When the last of its overlaps ends that is no longer than the stage's, epoch milliseconds; absent: none is open. */
  readonly overlapsEndAt?: number
  /** Epoch milliseconds. */
  readonly endedAt: number
  /** How each ended, by its place among the names. Earlier versions of this function leave it out. */
  readonly ends?: readonly SecretEnd[]
  /** Of an order with a window: how the last ones ended, this page's included. */
  readonly recent?: Recent
}

export const pageOrder = (order: Omit<PageOrder, 'format'>): PageOrder => ({ ...order, format: FORMAT })

/** Whether an event is a page's order and not a campaign's input. */
export const isPageOrder = (event: unknown): boolean => isJsonObject(event) && event.page !== undefined

const isNumber = (value: unknown, least = Number.NEGATIVE_INFINITY): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= least

const isName = (value: unknown): value is string => typeof value === 'string' && isSecretName(value)

const readWindow = (value: unknown): PageWindow | undefined => {
  if (!isJsonObject(value)) return undefined
  const { recent, toleratedPercentage, tries } = value
  if (!isRecentEnds(recent) || !isNumber(toleratedPercentage, 0)) return undefined
  return { recent, toleratedPercentage, ...(isNumber(tries, 1) ? { tries } : {}) }
}

const phases: readonly PagePhase[] = ['switch', 'settle', 'revoke']

/** Whoever may invoke the function may send one: its shape is checked like any input's. */
export const readPageOrder = (event: unknown): Result<PageOrder, readonly string[]> => {
  if (!isJsonObject(event)) return refused(['the order is malformed: expected a JSON object'])
  const { page, format, about, intent, isGraceful, names, inFlight, rotationsPerSecond } = event
  const { failuresAllowed, notBefore, execution, since, aliveAt } = event
  const window = readWindow(event.window)
  if (format !== FORMAT) return refused([`format is ${JSON.stringify(format)}: this version knows ${FORMAT}`])
  const phase = phases.find((one) => one === event.phase)
  const faults: string[] = []
  const check = (name: string, isFit: boolean): void => {
    if (!isFit) faults.push(`${name} is malformed`)
  }
  check('page', isNumber(page))
  check('about', typeof about === 'string' && about !== '')
  check('intent', intent === 'rotate' || intent === 'revoke')
  check('isGraceful', typeof isGraceful === 'boolean')
  check('phase', phase !== undefined)
  check('names', Array.isArray(names) && names.every(isName))
  check('inFlight', isNumber(inFlight, 1))
  check('rotationsPerSecond', isNumber(rotationsPerSecond, Number.MIN_VALUE))
  check('failuresAllowed', failuresAllowed === undefined || isNumber(failuresAllowed))
  check('notBefore', notBefore === undefined || isNumber(notBefore))
  check('window', event.window === undefined || window !== undefined)
  check('execution', execution === undefined || typeof execution === 'string')
  check('since', since === undefined || isNumber(since))
  check('aliveAt', aliveAt === undefined || isNumber(aliveAt))
  if (faults.length > 0) return refused(faults)
  return ok({
    page: Number(page),
    format: FORMAT,
    about: String(about),
    intent: intent === 'revoke' ? 'revoke' : 'rotate',
    isGraceful: isGraceful === true,
    phase: phase ?? 'switch',
    names: Array.isArray(names) ? names.filter(isName) : [],
    inFlight: Number(inFlight),
    rotationsPerSecond: Number(rotationsPerSecond),
    ...(isNumber(failuresAllowed) ? { failuresAllowed } : {}),
    ...(isNumber(notBefore) ? { notBefore } : {}),
    ...(window === undefined ? {} : { window }),
    ...(typeof execution === 'string' ? { execution } : {}),
    ...(isNumber(since) ? { since } : {}),
    ...(isNumber(aliveAt) ? { aliveAt } : {}),
  })
}
