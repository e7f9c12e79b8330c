// docs/notices.md as the rows and the synthesized template make it: what each notice says, how long its alarm takes, and when that says OK.
import type { Template } from 'aws-cdk-lib/assertions'
import { findingWords } from '../../lambda/core/sweep/finding-words.ts'
import { flat } from '../stack/read-template.ts'
import { resourcesOf } from '../stack/synth.ts'
import { type NoticeRow, noticeGaps, noticeRows } from './notice-rows.ts'

export interface TemplateNotice {
  readonly id: string
  readonly page: string
  /** Its first sentence. */
  readonly says: string
  /** Of an alarm. */
  readonly alarm?: { readonly minutes: number; readonly quietMinutes: number | undefined }
}

const firstSentence = (text: string): string => /^.*?[.!?](?= |$)/s.exec(text)?.[0] ?? text
const idOf = (logicalId: string): string => logicalId.slice('Alarms'.length, -8)

const ofRule = (id: string, description: string): TemplateNotice => {
  const [, says = '', page = ''] = /^(.*) \(([a-z-]+)\)$/s.exec(description) ?? []
  return { id: idOf(id), page, says: firstSentence(says) }
}

const ofAlarm = (id: string, properties: Readonly<Record<string, unknown>>): TemplateNotice => {
  const text = flat(properties.AlarmDescription)
  const minutes = (periods: unknown): number => (Number(properties.Period) * Number(periods)) / 60
  return {
    id: idOf(id),
    page: /#([a-z-]+)$/.exec(text)?.[1] ?? '',
    says: firstSentence(text.split('\n')[0] ?? ''),
    alarm: {
      minutes: minutes(properties.DatapointsToAlarm ?? properties.EvaluationPeriods),
      quietMinutes: properties.TreatMissingData === 'notBreaching' ? minutes(properties.EvaluationPeriods) : undefined,
    },
  }
}

/** Every rule that mails or tells a channel, and every alarm. */
export const noticesOf = (template: Template): ReadonlyMap<string, TemplateNotice> =>
  new Map(
    Object.entries(resourcesOf(template))
      .filter(([id]) => id.startsWith('Alarms'))
      .flatMap(([id, { Type, Properties }]): readonly TemplateNotice[] => {
        if (Type === 'AWS::Events::Rule') return [ofRule(id, flat(Properties.Description))]
        return Type === 'AWS::CloudWatch::Alarm' ? [ofAlarm(id, Properties)] : []
      })
      .map((notice) => [notice.id, notice]),
  )

export const allRows: readonly NoticeRow[] = Object.values(noticeRows).flat()

/** From the failure until the message, at most. */
export const minutesOf = ({ within }: NoticeRow, { alarm }: TemplateNotice): number => within + (alarm?.minutes ?? 0)

const span = (minutes: number): string => {
  if (minutes % 60 === 0) return `${minutes / 60} h`
  return minutes > 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes} min`
}

const overOf = ({ over, finding }: NoticeRow, { alarm }: TemplateNotice): string => {
  if (finding !== undefined) return 'it is in no later summary'
  if (alarm === undefined) return over ?? ''
  return alarm.quietMinutes === undefined ? 'OK, once it has ended' : `OK, ${span(alarm.quietMinutes)} after the last`
}

const againOf = ({ again, finding }: NoticeRow, { alarm }: TemplateNotice): string => {
  if (finding !== undefined) return 'in the summary, once a day'
  return again ?? (alarm === undefined ? 'no' : 'not before OK')
}

const channelOf = ({ finding }: NoticeRow, { id, alarm }: TemplateNotice): string => {
  if (finding !== undefined) return 'digest, summary'
  if (id === 'DailySummary') return 'summary'
  return alarm === undefined ? 'message' : 'alarm'
}

const textOf = ({ finding }: NoticeRow, { id, says, page }: TemplateNotice): string => {
  const [words, at] =
    finding === undefined ? [says, page] : [`n × ${findingWords[finding].title}`, findingWords[finding].page]
  return `[\`${id}\`](runbook.md#${at}): “${words}”`
}

const lineOf = (row: NoticeRow, notices: ReadonlyMap<string, TemplateNotice>): string => {
  const notice = notices.get(row.notice)
  if (notice === undefined) throw new Error(`The template has no notice ${row.notice}.`)
  const [file] = row.test
  const cells = [
    row.failure,
    channelOf(row, notice),
    span(minutesOf(row, notice)),
    textOf(row, notice),
    overOf(row, notice),
    againOf(row, notice),
    `[${file.split('/').at(-1)?.replace('.test.ts', '')}](../${file})`,
  ]
  return `| ${cells.join(' | ')} |`
}

const HEAD = `# Who learns of what

Every failure that the system knows of: who is notified, how long that takes at most, by which text, when it is said to be over, and which test provokes it. The page is made by \`test/docs/notices.test.ts\` from its rows and the template, and held by it. Spans are those of the default settings, with a sweep every 15 minutes.

Everything goes to [the topic](deploying.md#notices), and from there to mail or a channel, in one of these forms:

- **message**: of one event, as it happens.
- **alarm**: CloudWatch’s, once as ALARM and once as OK.
- **digest**: at the end of a sweep, everything that it found new, in one message.
- **summary**: once a day at about 06:00 UTC, everything that is open, the oldest first; on the first day on which nothing is open any more, that.

What CloudTrail’s events report needs [a trail](deploying.md#notices). Nothing comes where nobody is subscribed: [no notice comes](runbook.md#no-notice-comes).
`

const COLUMNS = '| failure | reported by | within | text | over | again | test |\n|---|---|---|---|---|---|---|'

export const noticesPage = (notices: ReadonlyMap<string, TemplateNotice>): string =>
  [
    HEAD,
    ...Object.entries(noticeRows).map(
      ([heading, rows]) => `## ${heading}\n\n${COLUMNS}\n${rows.map((row) => lineOf(row, notices)).join('\n')}\n`,
    ),
    `## What takes longer\n\n${noticeGaps.map((gap) => `- ${gap}`).join('\n')}\n`,
  ].join('\n')
