// What happens on the laptop, line by line: calls to both stand-ins, labels that move, events on the bus. Keeps the last few hundred lines
// and notifies whoever listens. Names, ids and statuses; what a call carried is not here.
import type { PeekedSecret } from '../aws/peek.ts'
import type { Laptop } from '../laptop/laptop.ts'
import type { Call, StandInServer } from '../stand-in/server.ts'

export interface TimelineLine {
  /** Counts from 1. */
  readonly number: number
  /** Epoch milliseconds on the shared clock. */
  readonly at: number
  readonly where: 'Stytch' | 'AWS' | 'label' | 'event' | 'page'
  readonly what: string
  /** A client's or secret's name, or a client id. */
  readonly about: string
  /** Whether something went wrong: a refused call, a refused rotation. */
  readonly isFault: boolean
}

export type NewLine = Omit<TimelineLine, 'number'>

export interface Timeline {
  /** Oldest first. */
  lines(): readonly TimelineLine[]
  add(line: NewLine): void
  /** @returns the undo. */
  onLine(listener: (line: TimelineLine) => void): () => void
  close(): void
}

const KEPT = 500
const LOOK_EVERY_MS = 100

const faultEvents = new Set(['Rotation Refused', 'Drift Detected', 'Credential Refused', 'Rotation Stuck'])

/** A 400 or 404 is an answer that most callers have a next move for. */
const isFaultStatus = (status: number): boolean => status === 0 || status === 401 || status === 429 || status >= 500

const stagesOf = ({ versions }: PeekedSecret): ReadonlyMap<string, string> =>
  new Map(versions.flatMap(({ id, stages }) => stages.map((stage) => [stage, id] as const)))

/** `rotate-1767…`: enough of a request token to know it again. */
const shortId = (id: string): string => (id.length > 20 ? `${id.slice(0, 20)}…` : id)

const textOf = (detail: unknown, names: readonly string[]): string => {
  const fields = (detail ?? {}) as Readonly<Record<string, unknown>>
  return names.flatMap((name) => (typeof fields[name] === 'string' ? [fields[name]] : [])).join(' ')
}

/** @param nameOf what people call a subject: a client id, a secret's name or its ARN. */
export const createTimeline = (
  { aws, stytch, world }: Pick<Laptop, 'aws' | 'stytch' | 'world'>,
  nameOf: (subject: string) => string,
): Timeline => {
  const { now } = world.clock
  const kept: TimelineLine[] = []
  const listeners = new Set<(line: TimelineLine) => void>()
  let number = 0
  const add = (line: NewLine): void => {
    number += 1
    const numbered = { ...line, number }
    kept.push(numbered)
    if (kept.length > KEPT) kept.shift()
    for (const listener of listeners) listener(numbered)
  }

  const follow = (where: 'Stytch' | 'AWS', server: StandInServer) => {
    let calls: readonly Call[] = server.calls()
    let seen = calls.length
    return (): void => {
      const latest = server.calls()
      // A reset begins another list.
      if (latest !== calls) seen = 0
      calls = latest
      for (const { op, subject, at, status } of latest.slice(seen)) {
        const what = status === 0 ? `${op} – no reply` : `${op} ${status}`
        add({ at, where, what, about: subject === null ? '' : nameOf(subject), isFault: isFaultStatus(status) })
      }
      seen = latest.length
    }
  }
  const followers = [follow('Stytch', stytch.server), follow('AWS', aws)]
  const lookAtCalls = (): void => {
    for (const look of followers) look()
  }

  const labels = new Map<string, ReadonlyMap<string, string>>(aws.peekAll().map((one) => [one.arn, stagesOf(one)]))
  const lookAtLabels = (secretId: string): void => {
    const secret = aws.peek(secretId)
    if (secret === undefined) return
    const before = labels.get(secret.arn) ?? new Map<string, string>()
    const after = stagesOf(secret)
    labels.set(secret.arn, after)
    const about = nameOf(secret.arn)
    for (const stage of new Set([...before.keys(), ...after.keys()])) {
      const [from, to] = [before.get(stage), after.get(stage)]
      if (from === to) continue
      const what = to === undefined ? `${stage} removed` : `${stage} → ${shortId(to)}`
      add({ at: now(), where: 'label', what, about, isFault: false })
    }
  }
  const untaps = [
    stytch.server.tap(lookAtCalls),
    aws.tap(({ subject, phase }) => {
      lookAtCalls()
      if (phase === 'after' && subject !== null) lookAtLabels(subject)
    }),
  ]
  const unlisten = aws.onEvent(({ detailType, detail }) => {
    const about = nameOf(textOf(detail, ['secretName']))
    const what = [detailType, textOf(detail, ['intent', 'reason', 'outcome'])].filter((part) => part !== '').join(': ')
    add({ at: now(), where: 'event', what, about, isFault: faultEvents.has(detailType) })
  })
  // What comes after the last tap of a call that was broken off.
  const timer = setInterval(lookAtCalls, LOOK_EVERY_MS)
  timer.unref()
  world.onReset(() => {
    labels.clear()
    add({ at: now(), where: 'page', what: 'everything was emptied', about: '', isFault: false })
  })

  return {
    lines: () => kept,
    add,
    onLine: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: () => {
      clearInterval(timer)
      for (const untap of untaps) untap()
      unlisten()
      listeners.clear()
    },
  }
}
