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

const overOf = ({ over }: NoticeRow, { alarm }: TemplateNotice): string => {
  if (alarm === undefined) return over ?? ''
  return alarm.quietMinutes === undefined ? 'OK' : `OK after ${span(alarm.quietMinutes)}`
}

const againOf = ({ again }: NoticeRow, { alarm }: TemplateNotice): string =>
  again ?? (alarm === undefined ? 'no' : 'after OK')

const formOf = ({ id, alarm }: TemplateNotice): string => {
  if (id === 'DailySummary') return 'summary'
  return alarm === undefined ? 'message' : 'alarm'
}

const noticeOf = (row: NoticeRow, notices: ReadonlyMap<string, TemplateNotice>): TemplateNotice => {
  const notice = notices.get(row.notice)
  if (notice === undefined) throw new Error(`The template has no notice ${row.notice}.`)
  return notice
}

const testOf = ({ test: [file] }: NoticeRow): string =>
  `[${file.split('/').at(-1)?.replace('.test.ts', '')}](../${file})`

const lineOf = (row: NoticeRow, notice: TemplateNotice): string => {
  const within = span(minutesOf(row, notice))
  const cells =
    row.finding === undefined
      ? [
          row.failure,
          formOf(notice),
          within,
          `[\`${notice.id}\`](runbook.md#${notice.page}): “${notice.says}”`,
          overOf(row, notice),
          againOf(row, notice),
          testOf(row),
        ]
      : [
          row.failure,
          within,
          `[${findingWords[row.finding].title}](runbook.md#${findingWords[row.finding].page})`,
          testOf(row),
        ]
  return `| ${cells.join(' | ')} |`
}

const HEAD = `# Notices

Every failure that the system detects: how and how soon at most it is reported, how you know that it is over, and which test provokes it. Times are those of the default settings, with a sweep every 15 minutes. \`test/docs/notices.test.ts\` makes this page from its rows and the template.

Everything goes to [the topic](deploying.md#notices), and from there to mail or a channel:

| form | |
|---|---|
| message | one event, as it happens. Those with “15 min” need [a trail](deploying.md#notices) of CloudTrail |
| alarm | CloudWatch’s: once as ALARM, once as OK (“OK after 1 h”: an hour after the last occurrence) |
| digest | everything that one sweep found new |
| summary | daily at about 06:00 UTC: everything open, oldest first; on the first day with nothing open, that |

A finding is in one digest, and then in every daily summary until it is over. No messages at all: [no notice comes](runbook.md#no-notice-comes).
`

const FINDINGS = '| finding | within | digest and summary say | test |\n|---|---|---|---|'
const NOTICES = '| failure | form | within | text | over | repeated | test |\n|---|---|---|---|---|---|---|'

const tableOf = (columns: string, rows: readonly NoticeRow[], notices: ReadonlyMap<string, TemplateNotice>): string =>
  rows.length === 0 ? '' : `${columns}\n${rows.map((row) => lineOf(row, noticeOf(row, notices))).join('\n')}\n`

const sectionOf = (
  [heading, rows]: readonly [string, readonly NoticeRow[]],
  notices: ReadonlyMap<string, TemplateNotice>,
): string => {
  const findings = rows.filter(({ finding }) => finding !== undefined)
  const others = rows.filter(({ finding }) => finding === undefined)
  const tables = [tableOf(FINDINGS, findings, notices), tableOf(NOTICES, others, notices)]
  return `## ${heading}\n\n${tables.filter((table) => table !== '').join('\n')}`
}

export const noticesPage = (notices: ReadonlyMap<string, TemplateNotice>): string =>
  [
    HEAD,
    ...Object.entries(noticeRows).map((section) => sectionOf(section, notices)),
    `## What takes longer\n\n${noticeGaps.map((gap) => `- ${gap}`).join('\n')}\n`,
  ].join('\n')
