// A rotate: canary, then waves of as many pages as run at once, so that what failed is known before the next ones begin. Known failures come
// last, in waves of their own, and count in no rule. A stop takes nothing back: both values work.

import { type Chosen, PAGE_SECRETS, pagesOf } from './campaign.ts'
import type { CampaignWork, Stop, Wave } from './campaign-work.ts'
import { type LastAttempts, type Ranked, rankBy, seeLastAttempts } from './known-failures.ts'
import { mayGoOn } from './may-go-on.ts'
import {
  isHeldUp,
  notBegunIn,
  type PageEnd,
  type PageRun,
  runPages,
  type Switched,
  switchedIn,
  waitingIn,
} from './run-pages.ts'
import { wasTried } from './secret-end.ts'
import { failuresAllowed, goneOn, type Recent, whyEnough } from './stop-rule.ts'

/** Rebuilt on every replay. */
interface Progress {
  begun: number
  failed: number
  recent: Recent
  switched: Switched[]
}

export interface PlannedEnd {
  readonly switched: readonly Switched[]
  /** Absent: everything had its turn. */
  readonly stop: Stop | undefined
}

/** What is left of the plan is reported, name by name. */
export const leave = ({ tally }: CampaignWork, { why }: Stop, waves: readonly Pick<Wave, 'names'>[]): void => {
  for (const { names } of waves) for (const name of names) tally.ended(name, { end: 'notStarted', why })
}

const learn = (progress: Progress, pages: readonly PageEnd[]): void => {
  const tried = pages.flatMap(({ ends }) => ends.filter(wasTried))
  progress.begun += tried.length
  progress.failed += tried.filter(({ end }) => end === 'failed').length
  const ownOf = ({ ends, recent }: PageEnd) => ({ recent, tried: ends.filter(wasTried).length })
  progress.recent = goneOn(progress.recent, pages.map(ownOf))
  progress.switched.push(...switchedIn(pages))
}

const plannedPage = ({ run }: CampaignWork, { begun, failed, recent }: Progress, wave: Wave): PageRun => {
  const { toleratedFailurePercentage } = run.request
  const allowed = failuresAllowed(toleratedFailurePercentage, { begun, failed }, wave.names.length)
  return {
    phase: 'switch',
    failuresAllowed: Math.max(0, allowed),
    window: { recent, toleratedPercentage: toleratedFailurePercentage },
  }
}

/** One after the other, and no further than the first that was not skipped. */
const trialPage = ({ run }: CampaignWork, { recent }: Progress): PageRun => ({
  phase: 'switch',
  inFlight: 1,
  window: { recent, toleratedPercentage: run.request.toleratedFailurePercentage, tries: 1 },
})

const enough = ({ run }: CampaignWork, progress: Progress, pages: readonly PageEnd[]): Stop | undefined => {
  const tolerated = run.request.toleratedFailurePercentage
  const isPageStopped = pages.some(({ ends }) => ends.some((end) => end.end === 'notStarted' && end.why === 'enough'))
  const why = whyEnough(tolerated, progress, progress.recent)
  if (why === undefined && !isPageStopped) return undefined
  return { why: 'enough', explanation: why ?? `more than ${tolerated} % of those begun failed` }
}

const pagesNumbered = ({ shares }: CampaignWork, names: readonly string[], after: number): readonly Wave[] =>
  pagesOf(names, shares.pagesAtOnce).map((page, at) => ({ page: after + at + 1, names: page }))

interface WavesRun {
  readonly name: string
  readonly howOf: (wave: Wave) => PageRun
  /** @default - nothing that fails ends them */
  readonly isEnough?: (pages: readonly PageEnd[]) => Stop | undefined
}

const runWaves = async (
  work: CampaignWork,
  progress: Progress,
  pages: readonly Wave[],
  { name, howOf, isEnough }: WavesRun,
): Promise<Stop | undefined> => {
  const { pagesAtOnce } = work.shares
  let queue = pages
  for (let wave = 1; queue.length > 0; wave += 1) {
    const ended = await runPages(work, queue.slice(0, pagesAtOnce), `${name} ${wave}`, howOf)
    learn(progress, ended)
    queue = [...waitingIn(ended), ...queue.slice(pagesAtOnce)]
    const stop = (isHeldUp(ended) ? await mayGoOn(work) : undefined) ?? isEnough?.(ended)
    if (stop === undefined) continue
    leave(work, stop, queue)
    return stop
  }
  return undefined
}

interface CanaryEnd {
  readonly stop?: Stop | undefined
  /** What has not had its turn. */
  readonly rest: readonly string[]
}

/** A canary that was skipped has shown nothing: the next one is tried. */
const runCanary = async (
  work: CampaignWork,
  progress: Progress,
  { canaries, healthy }: Pick<Ranked, 'canaries' | 'healthy'>,
): Promise<CanaryEnd> => {
  const { canary } = work.run.request
  const left = new Set(healthy)
  const end = (stop?: Stop): CanaryEnd => ({ stop, rest: healthy.filter((name) => left.has(name)) })
  let candidates = canaries
  for (let size = canary; size > 0 && candidates.length > 0; size = PAGE_SECRETS) {
    const wave = { page: 0, names: candidates.slice(0, size) }
    const isFirst = candidates === canaries
    const how = isFirst ? plannedPage(work, progress, wave) : trialPage(work, progress)
    const ended = await runPages(work, [wave], 'canary', () => how)
    learn(progress, ended)
    const isWaiting = new Set(
      [...waitingIn(ended), ...(isFirst ? [] : notBegunIn(ended))].flatMap(({ names }) => names),
    )
    for (const name of wave.names) if (!isWaiting.has(name)) left.delete(name)
    candidates = candidates.filter((name) => left.has(name))
    const stop = isHeldUp(ended) ? await mayGoOn(work) : undefined
    if (stop !== undefined) return end(stop)
    if (progress.failed > 0) return end({ why: 'enough', explanation: 'the canary failed' })
    if (progress.begun > 0) return end()
  }
  return end()
}

/** @param chosen in their order @param attempts as the selection has seen them. @default - they are looked at */
export const switchPlanned = async (
  work: CampaignWork,
  chosen: readonly Chosen[],
  attempts?: LastAttempts,
): Promise<PlannedEnd> => {
  const ranked = rankBy(attempts ?? (await seeLastAttempts(work.campaigning, work.durable, chosen)), chosen)
  const { knownFailures } = ranked
  const progress: Progress = { begun: 0, failed: 0, recent: '', switched: [] }
  const { rest, ...tried } = await runCanary(work, progress, ranked)
  if (tried.stop !== undefined) {
    leave(work, tried.stop, [{ names: rest }, { names: knownFailures }])
    // Where nothing else was to be done, nothing was stopped.
    const isAll = rest.length + knownFailures.length === 0 && tried.stop.why === 'enough'
    return { switched: progress.switched, stop: isAll ? undefined : tried.stop }
  }
  const pages = pagesNumbered(work, rest, 0)
  const stop = await runWaves(work, progress, pages, {
    name: 'wave',
    howOf: (wave) => plannedPage(work, progress, wave),
    isEnough: (ended) => enough(work, progress, ended),
  })
  if (stop !== undefined) {
    leave(work, stop, [{ names: knownFailures }])
    return { switched: progress.switched, stop }
  }
  const last = await runWaves(work, progress, pagesNumbered(work, knownFailures, pages.length), {
    name: 'known failures',
    howOf: () => ({ phase: 'switch', isKnown: true }),
  })
  return { switched: progress.switched, stop: last }
}
