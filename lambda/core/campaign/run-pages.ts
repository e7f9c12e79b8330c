// Pages as their campaign sees them: executions of its own function. One that ends without a word is asked for again – what it did is found by
// the ids of the versions, and is not done twice – and after that each of its secrets is looked at.

import { defined } from '../base/defined.ts'
import { fullNameOf } from '../secret/stage-secrets.ts'
import { type PagePhase, type PageReply, type PageWindow, pageOrder } from './campaign-page.ts'
import type { Durable } from './campaign-ports.ts'
import type { CampaignWork, Wave } from './campaign-work.ts'
import { lookBack } from './look-back.ts'
import { type SecretEnd, wasSwitched } from './secret-end.ts'
import type { Recent } from './stop-rule.ts'

export interface PageRun {
  readonly phase: PagePhase
  /** Of a page of known failures, for the report. */
  readonly isKnown?: boolean
  readonly failuresAllowed?: number | undefined
  readonly window?: PageWindow | undefined
  readonly notBefore?: number | undefined
  /** @default - the campaign's share */
  readonly inFlight?: number | undefined
}

/** What became of a page's secrets. */
export interface PageEnd {
  readonly wave: Wave
  readonly ends: readonly SecretEnd[]
  /** With their messages, up to a bound. */
  readonly failures: PageReply['failures']
  readonly recent: Recent
  /** Epoch milliseconds. */
  readonly endedAt: number
}

const PAGE_TRIES = 3
/** What ended the page – a throttle, a deployment – may pass. */
const BETWEEN_TRIES_SECONDS = 30

const orderOf = ({ run, shares, startedAt }: CampaignWork, wave: Wave, how: PageRun) =>
  pageOrder({
    page: wave.page,
    about: run.id,
    intent: run.request.intent,
    isGraceful: run.request.graceSeconds !== undefined,
    phase: how.phase,
    names: wave.names,
    inFlight: how.inFlight ?? shares.inFlight,
    rotationsPerSecond: shares.rotationsPerSecond,
    execution: run.executionId,
    since: startedAt,
    ...defined({
      aliveAt: run.request.aliveAt,
      failuresAllowed: how.failuresAllowed,
      window: how.window,
      notBefore: how.notBefore,
    }),
  })

const invokePage = async (
  work: CampaignWork,
  durable: Durable,
  wave: Wave,
  how: PageRun,
): Promise<PageReply | undefined> => {
  const { campaigning, run } = work
  const order = orderOf(work, wave, how)
  const name = `${how.phase} page ${wave.page}`
  for (let tries = 1; tries <= PAGE_TRIES; tries += 1) {
    if (tries > 1) await durable.wait(`${name} again`, BETWEEN_TRIES_SECONDS)
    try {
      return await durable.invoke<typeof order, PageReply>(tries === 1 ? name : `${name} again ${tries}`, order)
    } catch (error) {
      const message = error instanceof Error ? error.message : 'unknown'
      campaigning.journal.note({ about: run.id, page: wave.page, phase: how.phase, outcome: 'lost', tries, message })
    }
  }
  return undefined
}

/** Counts what is final, and what was switched. */
const countPage = ({ campaigning, tally }: CampaignWork, how: PageRun, { wave, ends, failures }: PageEnd): void => {
  const messages = new Map(failures.map(({ secretName, message }) => [secretName, message]))
  for (const [at, end] of ends.entries()) {
    const name = wave.names[at]
    // What waits has another turn; so does what a trial did not get to.
    if (name === undefined || end.end === 'waiting') continue
    if (how.window?.tries !== undefined && end.end === 'notStarted' && end.why === 'enough') continue
    // What is settled in the same breath was switched, too.
    if (how.phase !== 'settle' && wasSwitched(end)) tally.switched()
    if (end.end === 'switched') continue
    const message = messages.get(fullNameOf(campaigning.rules, name))
    tally.ended(name, end, defined({ message, isKnown: how.isKnown }))
  }
}

const runPage = async (work: CampaignWork, durable: Durable, wave: Wave, how: PageRun): Promise<PageEnd> => {
  const reply = await invokePage(work, durable, wave, how)
  if (reply?.ends?.length === wave.names.length) {
    return { wave, ends: reply.ends, failures: reply.failures, recent: reply.recent ?? '', endedAt: reply.endedAt }
  }
  const looked = await lookBack(work, durable, wave, how.phase)
  return { wave, ...looked, failures: [], recent: '' }
}

/** As many side by side as the campaign's share allows. What is final is counted. */
export const runPages = async (
  work: CampaignWork,
  waves: readonly Wave[],
  name: string,
  howOf: (wave: Wave) => PageRun,
): Promise<readonly PageEnd[]> => {
  const pages = await work.durable.each(name, waves, work.shares.pagesAtOnce, (one, wave) =>
    runPage(work, one, wave, howOf(wave)),
  )
  for (const page of pages) countPage(work, howOf(page.wave), page)
  return pages
}

export type Switched = Wave & {
  /** When the last of its overlaps is to be ended, epoch milliseconds. */
  readonly overlapsEndAt: number
  /** When the sweep ends it, which knows of no grace, epoch milliseconds. */
  readonly sweptAt: number
}

/** Of each page: those whose overlaps are to be ended. @param graceMs how long they last, absent: as the overlaps do */
export const switchedIn = (pages: readonly PageEnd[], graceMs?: number): readonly Switched[] =>
  pages.flatMap(({ wave, ends, endedAt }) => {
    const ending = ends.flatMap((end, at) => (end.end === 'switched' ? [{ at, until: end.overlapEndsAt }] : []))
    if (ending.length === 0) return []
    const names = ending.flatMap(({ at }) => wave.names[at] ?? [])
    const sweptAt = Math.max(...ending.map(({ until }) => until))
    // Each page's grace runs from its own last switch.
    const overlapsEndAt = graceMs === undefined ? sweptAt : endedAt + graceMs
    return [{ page: wave.page, names, overlapsEndAt, sweptAt }]
  })

const namesOf = (pages: readonly PageEnd[], isWanted: (end: SecretEnd) => boolean): readonly Wave[] =>
  pages.flatMap(({ wave, ends }) => {
    const names = wave.names.filter((_name, at) => ends[at] !== undefined && isWanted(ends[at]))
    return names.length === 0 ? [] : [{ page: wave.page, names }]
  })

/** What a pause kept from beginning: the same pages, with what is left of them. */
export const waitingIn = (pages: readonly PageEnd[]): readonly Wave[] => namesOf(pages, ({ end }) => end === 'waiting')

/** What a page did not get to by its own bound. */
export const notBegunIn = (pages: readonly PageEnd[]): readonly Wave[] =>
  namesOf(pages, (end) => end.end === 'notStarted' && end.why === 'enough')

/** Whether an operator's wish kept anything from beginning. */
export const isHeldUp = (pages: readonly PageEnd[]): boolean =>
  pages.some(({ ends }) =>
    ends.some((end) => end.end === 'waiting' || (end.end === 'notStarted' && end.why === 'stopped')),
  )
