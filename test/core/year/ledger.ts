// What a simulated year is judged by: what broke and who was told, which events became mails, and what was rotated when. It decides by what the
// world did, and by events as they were published; none of the product's own rules is asked.

import type { M2mEvent } from '../../../lambda/core/base/events.ts'
import { CAMPAIGN_AT, DAY, HOUR, START } from './chance.ts'

interface Broken {
  readonly secretName: string
  readonly since: number
  /** Whether it is so still. */
  readonly lasts: () => boolean
  readonly isReportedBy: (event: M2mEvent) => boolean
}

interface CampaignDetail {
  readonly outcome: string
  readonly needsSomebody: boolean
  readonly counts: { readonly knownFailures: number; readonly failed: number; readonly notStarted: number }
  readonly failures: readonly { readonly secretName: string }[]
  readonly failuresOmitted: number
  readonly startedAt: string
}

/** As a consumer of the bus reads it: what is published is JSON. */
export const campaignDetail = ({ detail }: M2mEvent): CampaignDetail =>
  JSON.parse(JSON.stringify(detail)) as CampaignDetail

export const isNamedIn = (event: M2mEvent, secretName: string): boolean =>
  event.type === 'Campaign Completed' &&
  campaignDetail(event).failures.some((failure) => failure.secretName === secretName)

/** The stage's rules of events, as lib/ has them: campaign.ts, sweep.ts, failure-alarms.ts. */
const isMailed = ({ type, detail }: M2mEvent): boolean => {
  switch (type) {
    case 'Campaign Completed':
      return detail.needsSomebody === true
    case 'Rotation Refused':
      return detail.isRepeated !== true
    case 'Daily Summary':
      return detail.isWell === false || detail.isEnd === true
    default:
      return type === 'Sweep Digest'
  }
}

const dayOf = (at: number): number => Math.floor((at - START - CAMPAIGN_AT) / DAY)

export const createLedger = (now: () => number) => {
  const open: Broken[] = []
  const complaints: string[] = []
  const reports: Record<string, number> = {}
  const mails: Record<string, number> = {}
  const byDay: number[] = []
  /** When a mail of this subject was last sent. */
  const lastMail = new Map<string, number>()
  let mailedFailures: readonly string[] = []
  let lastCampaignMail = Number.NEGATIVE_INFINITY

  const complain = (what: string): void => {
    complaints.push(`${new Date(now()).toISOString()} ${what}`)
  }

  /** Whether a campaign's mail says anything that the one before, of the same week, did not. */
  const campaignMail = (event: M2mEvent): void => {
    const { outcome, counts, failures, startedAt } = campaignDetail(event)
    const names = failures.map(({ secretName }) => secretName)
    const isNew = names.some((name) => !mailedFailures.includes(name))
    const weekOf = (at: number): number => Math.floor((at - START) / (7 * DAY))
    const began = Date.parse(startedAt)
    const isReminder = weekOf(began) !== weekOf(lastCampaignMail)
    const isAboutMore = outcome !== 'incomplete' || counts.notStarted > 0
    if (!isNew && !isReminder && !isAboutMore) complain(`a campaign’s mail of ${startedAt} says nothing new`)
    lastCampaignMail = began
    mailedFailures = names
  }

  /** Complains of a mail about what another one was about so shortly before. */
  const once = (subject: string, withinMs: number): void => {
    const before = lastMail.get(subject)
    lastMail.set(subject, now())
    if (before !== undefined && now() - before < withinMs) complain(`again: ${subject}`)
  }

  /** What is in a digest was in none of the day before. */
  const digestMail = ({ detail }: M2mEvent): void => {
    const { findings } = JSON.parse(JSON.stringify(detail)) as {
      readonly findings: readonly { readonly kind: string; readonly names: readonly string[] }[]
    }
    for (const { kind, names } of findings) for (const name of names) once(`${kind} ${name}`, DAY)
  }

  const mail = (event: M2mEvent): void => {
    const { type, detail } = event
    mails[type] = (mails[type] ?? 0) + 1
    if (type === 'Campaign Completed') campaignMail(event)
    else if (type === 'Sweep Digest') digestMail(event)
    // Of each day, from 06:00: one that an outage held up is followed by the next one in less than a day.
    else if (type === 'Daily Summary') once(`the summary of day ${Math.floor((now() - 6 * HOUR) / DAY)}`, DAY)
    else {
      const what = `${String(detail.requestToken).split('-')[0]} ${String(detail.reason)}`
      once(`${type} ${String(detail.secretName)} ${what}`, Number.POSITIVE_INFINITY)
    }
  }

  return {
    complaints,
    complain,
    reports,
    mails,
    byDay,
    broke: (what: Broken): void => {
      open.push(what)
    },
    openNow: (): number => open.length,
    published: (event: M2mEvent): void => {
      reports[event.type] = (reports[event.type] ?? 0) + 1
      for (let at = open.length - 1; at >= 0; at -= 1) if (open[at]?.isReportedBy(event) === true) open.splice(at, 1)
      if (isMailed(event)) mail(event)
    },
    /** A mail’s subject is gone: what comes of it later is another. */
    forgets: (subject: string): void => {
      for (const key of lastMail.keys()) if (key.includes(subject)) lastMail.delete(key)
    },
    rotated: (askedAt: number): void => {
      const day = dayOf(askedAt)
      byDay[day] = (byDay[day] ?? 0) + 1
    },
    /** What is broken for over a day without a report. */
    look: (): void => {
      for (let at = open.length - 1; at >= 0; at -= 1) {
        const { secretName, since, lasts } = open[at] as Broken
        const isOver = !lasts()
        const isLate = now() - since > DAY
        if (!isOver && !isLate) continue
        open.splice(at, 1)
        if (!isOver) complain(`${secretName}: broken since ${new Date(since).toISOString()}, and nobody was told`)
      }
    },
  }
}

export type Ledger = ReturnType<typeof createLedger>
