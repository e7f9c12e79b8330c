// A campaign in words and as JSON, the same in `list` and `show`. Pure.
import type { CampaignExecution } from '../../lambda/adapters/aws/campaign-executions.ts'
import { defined } from '../../lambda/core/base/defined.ts'
import { isJsonObject, type JsonObject } from '../../lambda/core/base/json-object.ts'
import type { ControlWish } from '../../lambda/core/campaign/campaign-control.ts'
import { campaignIdOf } from '../../lambda/core/campaign/campaign-runs.ts'
import { table } from '../terminal/table.ts'
import { at, iso, span } from '../terminal/words.ts'

const textIn = (json: JsonObject | undefined, name: string): string | undefined => {
  const value = json?.[name]
  return typeof value === 'string' ? value : undefined
}

const endings: Readonly<Record<string, string>> = {
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  // At Lambda, where it leaves no report.
  STOPPED: 'ended',
}

/** running, paused, stopping; the outcome of its report; or how it ended without one: failed, timedOut, ended. */
export const stateOf = ({ status, result }: CampaignExecution, wish: ControlWish | undefined): string => {
  if (status === 'RUNNING') return wish === undefined ? 'running' : wish.state === 'paused' ? 'paused' : 'stopping'
  return textIn(result, 'outcome') ?? endings[status] ?? status.toLowerCase()
}

export interface SeenCampaign {
  readonly campaign: CampaignExecution
  /** By which it was looked for: it may mean more than one run. */
  readonly asked?: string
  readonly wish: ControlWish | undefined
}

export const asJson = ({ campaign, wish }: SeenCampaign) => {
  const { name, arn, startedAt, endedAt, input, result, error } = campaign
  return {
    execution: name,
    executionArn: arn,
    campaignId: campaignIdOf(campaign),
    state: stateOf(campaign, wish),
    startedAt: iso(startedAt),
    endedAt: iso(endedAt),
    ...defined({ wish: campaign.status === 'RUNNING' ? wish : undefined, error }),
    input,
    report: result ?? null,
  }
}

const countsOf = ({ result }: CampaignExecution): JsonObject => (isJsonObject(result?.counts) ? result.counts : {})

const counted = (campaign: CampaignExecution): string => {
  const counts = countsOf(campaign)
  if (typeof counts.selected !== 'number') return ''
  return `${counts.settled} of ${counts.selected} settled`
}

export const listText = (seen: readonly SeenCampaign[], now: number): string =>
  seen.length === 0
    ? 'No campaigns.'
    : table(
        ['EXECUTION', 'CAMPAIGN', 'INTENT', 'STATE', 'STARTED', 'TOOK', 'RESULT'],
        seen.map(({ campaign, wish }) => [
          campaign.name,
          campaignIdOf(campaign),
          textIn(campaign.input, 'intent') ?? '–',
          stateOf(campaign, wish),
          at(campaign.startedAt),
          span((campaign.endedAt ?? now) - campaign.startedAt),
          counted(campaign),
        ]),
      )

const reasonsOf = (counts: JsonObject): readonly (readonly [string, string])[] => {
  const reasons = isJsonObject(counts.reasons) ? counts.reasons : {}
  const outcomes = isJsonObject(counts.outcomes) ? counts.outcomes : {}
  return Object.entries(outcomes).map(([outcome, count]) => {
    const why = isJsonObject(reasons[outcome])
      ? Object.entries(reasons[outcome]).map(([one, of]) => `${of} ${one}`)
      : []
    return [outcome, why.length === 0 ? String(count) : `${count} (${why.join(', ')})`] as const
  })
}

const secretsOf = (campaign: CampaignExecution): string => {
  const { result } = campaign
  const listed = [result?.failures, result?.notDone].flatMap((list) => (Array.isArray(list) ? list : []))
  const rows = listed
    .filter(isJsonObject)
    .map((one) => [
      textIn(one, 'secretName') ?? '',
      textIn(one, 'outcome') ?? 'failed',
      [textIn(one, 'why'), textIn(one, 'reason'), textIn(one, 'until'), textIn(one, 'message')]
        .filter(Boolean)
        .join(', '),
    ])
  if (rows.length === 0) return ''
  const omitted = [result?.failuresOmitted, result?.notDoneOmitted].filter((one) => typeof one === 'number')
  const more = omitted.reduce((sum, one) => sum + one, 0)
  return `\n${table(['SECRET', 'ENDED AS', 'WHY'], rows)}${more === 0 ? '' : `\nand ${more} more`}`
}

const wished = ({ state, by, reason, at: when }: ControlWish): string =>
  `${state === 'paused' ? 'pause' : 'stop'} requested by ${by} at ${when}${reason === undefined ? '' : `: ${reason}`}`

/** Which run it is that an id meant, where that does not say so itself. */
export const runWords = ({ campaign, asked }: SeenCampaign): string | undefined =>
  asked === undefined || asked === campaign.name || asked === campaign.arn
    ? undefined
    : `${campaign.status === 'RUNNING' ? 'the one under way' : 'the newest'} of ${asked}`

export const showText = (seen: SeenCampaign): string => {
  const { campaign, wish } = seen
  const { input, result, error, status } = campaign
  const run = runWords(seen)
  const rows: (readonly [string, string])[] = [
    ['execution', campaign.name],
    ['campaign', campaignIdOf(campaign)],
    ...(run === undefined ? [] : [['run', run] as const]),
    ['state', stateOf(campaign, wish)],
    ['intent', textIn(input, 'intent') ?? '–'],
    ['selector', JSON.stringify(input.selector ?? null)],
    ['reason', textIn(input, 'reason') ?? '–'],
    ['requested by', textIn(input, 'requestedBy') ?? '–'],
    ['started', at(campaign.startedAt)],
    ['ended', at(campaign.endedAt)],
    ...reasonsOf(countsOf(campaign)),
  ]
  const explanation = textIn(result, 'explanation') ?? error
  if (explanation !== undefined) rows.push(['explanation', explanation])
  if (status === 'RUNNING' && wish !== undefined) rows.push(['wish', wished(wish)])
  return `${table([], rows)}${secretsOf(campaign)}`
}
