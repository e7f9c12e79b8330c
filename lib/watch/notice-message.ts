// What a notice says, where it says it: as lines for mail, in Amazon Q Developer's schema for a chat channel, and as the description of an
// alarm, which CloudWatch puts into its own mail beside the subject and the alarm's link. A mail of a rule has no subject of its own: EventBridge
// publishes without one, so that the first line is written as one (docs/decisions/071).
import { EventField, RuleTargetInput } from 'aws-cdk-lib/aws-events'
import type { Construct } from 'constructs'
import { logLink, secretLink } from '../base/console-links.ts'
import { eventFacts } from '../base/event-facts.ts'
import type { EventNotice, MetricNotice, Notice } from '../base/notice.ts'
import { runbookPages } from '../base/runbook-pages.ts'
import type { Part, StageNames } from '../config/stage-names.ts'

export interface MessagePlace {
  /** For the Region of links. */
  readonly scope: Construct
  readonly names: StageNames
  /** Of the page whose anchors are the runbook's headings. @default - the page is named as in the repository */
  readonly runbookUrl?: string | undefined
  /** Of the function whose part lists the notice. */
  readonly log?: Part | undefined
}

const field = (path: string): string => EventField.fromPath(path)

/** Of each of the types that the pattern matches, in one: what one of them lacks is left empty. */
const factsOf = ({ pattern, facts = {} }: EventNotice): Readonly<Record<string, string>> => {
  const known: Readonly<Record<string, Readonly<Record<string, string>>>> = { ...eventFacts }
  return Object.assign({}, ...(pattern.detailType ?? []).map((type) => known[type] ?? {}), facts)
}

const runbookOf = ({ page }: Notice, { runbookUrl }: MessagePlace): string =>
  `${runbookUrl ?? 'docs/runbook.md'}#${page}`

/** A name or an id, which can stand in a command; any other field is a sentence. */
const isIdentifier = (path: string): boolean => /(Name|Id)$/.test(path)

/** @param about where the event names what the notice is about; undefined: nothing names it. */
const runOf = ({ page, run }: Notice, { names }: MessagePlace, about?: string): string => {
  const typed = (run ?? runbookPages[page].run).replaceAll('STAGE', names.stage)
  return about === undefined || !isIdentifier(about) ? typed : typed.replaceAll(/\b(NAME|ID)\b/g, field(about))
}

const linksOf = (notice: Notice, place: MessagePlace, about?: string): Readonly<Record<string, string>> => {
  const log = notice.log ?? place.log
  return {
    ...(log === undefined ? {} : { Log: logLink(place.scope, place.names, log) }),
    ...(about?.endsWith('.secretName') === true ? { Secret: secretLink(place.scope, field(about)) } : {}),
    Runbook: runbookOf(notice, place),
  }
}

const linesOf = (named: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(named).map(([name, value]) => `${name}: ${value}`)

interface MessageParts {
  readonly title: string
  readonly facts: readonly string[]
  readonly consumers: string
  readonly next: readonly string[]
  readonly seen: string
}

const partsOf = (notice: EventNotice, place: MessagePlace): MessageParts => {
  const { secretAt, page } = notice
  const facts = Object.entries(factsOf(notice)).map(([label, path]) => [label, field(path)] as const)
  return {
    title: `[m2m ${place.names.stage}] ${EventField.detailType}: ${field(secretAt)}`,
    facts: linesOf(Object.fromEntries(facts)),
    consumers: `Consumers ${runbookPages[page].consumers}`,
    next: [`Type: ${runOf(notice, place, secretAt)}`, ...linesOf(linksOf(notice, place, secretAt))],
    seen: `Event of ${EventField.time}, account ${EventField.account}, ${EventField.region}`,
  }
}

/** Each line is a JSON string of its own, as EventBridge wants a text; a reader sees its quotation marks. */
export const mailMessage = (notice: EventNotice, place: MessagePlace): RuleTargetInput => {
  const { title, facts, consumers, next, seen } = partsOf(notice, place)
  return RuleTargetInput.fromMultilineText([title, notice.says, ...facts, consumers, ...next, seen].join('\n'))
}

/**
 * Amazon Q Developer in chat applications, "Custom notifications": version and source are fixed. Links stand as they are, since `<` cannot
 * be written in EventBridge's templates. What belongs to one secret is one thread.
 */
export const chatMessage = (notice: EventNotice, place: MessagePlace): RuleTargetInput => {
  const { title, facts, consumers, next, seen } = partsOf(notice, place)
  const about = isIdentifier(notice.secretAt) ? field(notice.secretAt) : notice.id
  return RuleTargetInput.fromObject({
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title,
      description: [notice.says, ...facts, consumers, seen].join('\n'),
      nextSteps: next,
      keywords: [`m2m-${place.names.stage}`, notice.id, notice.page],
    },
    metadata: {
      threadId: `m2m-${place.names.stage} ${about}`,
      summary: `[m2m ${place.names.stage}] ${EventField.detailType} (${notice.id})`,
      eventType: `m2m-${notice.id}`,
      relatedResources: [`about ${about}`],
      additionalContext: { stage: place.names.stage, at: `at ${EventField.time}` },
    },
  })
}

const overOf = ({ silence = 'fine' }: MetricNotice, quietHours: number): string => {
  if (silence !== 'fine') return 'OK means that it has ended.'
  const since = quietHours === 0 ? 'in the last minutes' : `for ${quietHours === 1 ? 'an hour' : `${quietHours} hours`}`
  return `OK means that it did not happen again ${since}; what it left behind is still there.`
}

/** How long an alarm stays after what happened last. */
export const quietHoursOf = ({ quietHours, silence = 'fine' }: MetricNotice): number =>
  quietHours ?? (silence === 'fine' ? 1 : 0)

/** At most 1,024 characters (PutMetricAlarm). */
export const alarmText = (notice: MetricNotice, place: MessagePlace): string =>
  [
    notice.says,
    `Consumers ${runbookPages[notice.page].consumers}`,
    `Type: ${runOf(notice, place)}`,
    overOf(notice, quietHoursOf(notice)),
    ...linesOf(linksOf(notice, place)),
  ].join('\n')

/** For a rule's description, which takes 512 characters and no reader but the console's. */
export const ruleText = (notice: Notice): string => `${notice.says} (${notice.page})`.slice(0, 512)
