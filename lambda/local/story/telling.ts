// How the story looks, apart from what happens in it: colours on a terminal and the same words without one. Pure.
import { styleText } from 'node:util'

/** good: what somebody hoped for. bad: what hurts. */
export type Tone = 'plain' | 'good' | 'bad'

export interface Line {
  /** Milliseconds since the story began. */
  readonly at: number
  /** Whom it is about. */
  readonly subject: string
  readonly text: string
  readonly tone: Tone
}

export interface Counts {
  readonly requests: number
  readonly failures: number
  /** Of the attacker; undefined: there is none yet. */
  readonly attack: { readonly accepted: number; readonly refused: number } | undefined
}

type Style = Parameters<typeof styleText>[0]
export type Paint = (style: Style, text: string) => string

export const plainly: Paint = (_, text) => text
export const inColour: Paint = (style, text) => styleText(style, text, { validateStream: false })

const styleOf: Readonly<Record<Tone, Style>> = { plain: 'reset', good: 'green', bad: ['red', 'bold'] }

const SUBJECT_WIDTH = 14

export const lineText = ({ at, subject, text, tone }: Line, paint: Paint): string => {
  const time = `${(at / 1000).toFixed(1).padStart(5)} s`
  return `${paint('dim', time)}  ${subject.padEnd(SUBJECT_WIDTH)}  ${paint(styleOf[tone], text)}`
}

const grouped = (count: number): string => count.toLocaleString('en-US')

/** What goes on while everything else happens. */
export const countsText = ({ requests, failures, attack }: Counts, paint: Paint): string => {
  const failed = paint(failures === 0 ? 'green' : ['red', 'bold'], `${failures} failed`)
  const consumers = `consumers: ${grouped(requests)} requests, ${failed}`
  if (attack === undefined) return consumers
  const refused = paint(attack.refused > 0 ? 'green' : 'dim', `${attack.refused} refused`)
  return `${consumers}   attacker: ${paint(attack.refused > 0 ? 'dim' : 'red', `${attack.accepted} accepted`)}, ${refused}`
}

interface Refused {
  readonly lastFour: string
  readonly refusals: number
  readonly status: number
  readonly error: string
  readonly provenAt: string
}

/** Of the event `Secret Revoked`. */
export interface Evidence {
  readonly evidence: {
    readonly refused: readonly Refused[]
    readonly accepted: { readonly lastFour: string }
  }
}

/** What an auditor gets, in a line for each value that the client ever had. */
export const proofText = ({ evidence }: Evidence, paint: Paint): readonly string[] =>
  [
    ...evidence.refused.map(
      ({ lastFour, refusals, status, error, provenAt }) =>
        `…${lastFour}  ${paint('green', `refused ${refusals} times`)} (${status} ${error}), last at ${provenAt.slice(11, 23)}`,
    ),
    `…${evidence.accepted.lastFour}  accepted: the value that consumers have now`,
  ].map((line, index) => `${index === 0 ? 'Proof: ' : '       '}${line}`)

export interface Verdict extends Counts {
  readonly provenDeadMs: number
  readonly acceptedAgain: number
}

/** Last and large: what somebody who looks up at the end must see. */
export const verdictText = (verdict: Verdict, paint: Paint): readonly string[] => {
  const { requests, failures, provenDeadMs, acceptedAgain, attack } = verdict
  const lines = [
    `${failures} of ${grouped(requests)} requests failed.`,
    `The leaked secret was proven dead ${(provenDeadMs / 1000).toFixed(2)} s after the report.`,
    `The attacker: ${attack?.accepted ?? 0} accepted before, ${attack?.refused ?? 0} refused since, ${acceptedAgain} accepted again.`,
  ]
  const width = Math.max(...lines.map(({ length }) => length))
  const isGood = failures === 0 && acceptedAgain === 0
  const framed = [
    `┏━${'━'.repeat(width)}━┓`,
    ...lines.map((line) => `┃ ${line.padEnd(width)} ┃`),
    `┗━${'━'.repeat(width)}━┛`,
  ]
  return framed.map((line) => paint(isGood ? ['green', 'bold'] : ['red', 'bold'], line))
}
