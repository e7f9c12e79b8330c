// Watches both stand-ins and the bus, and turns calls, label moves and events into stories. What a call carried is not here, and the calls of
// the laptop's own consumers are left out: there is a line of their own for them.
import { isJsonObject } from '../../core/base/json-object.ts'
import { intentOfOrigin, isOwnToken, readRequestToken } from '../../core/secret/request-token.ts'
import type { PeekedSecret } from '../aws/peek.ts'
import type { Laptop } from '../laptop/laptop.ts'
import type { Call, StandInServer } from '../stand-in/server.ts'
import { beginning, dryRun, endedQuietly, endingOf, eventSentence, storedSentence } from './sentences.ts'
import { createStories, type Stories } from './stories.ts'

export interface Timeline extends Pick<Stories, 'all' | 'linesOf' | 'takeChanged' | 'note'> {
  close(): void
}

const LOOK_EVERY_MS = 100

/** A 400 or 404 is an answer that most callers have a next move for, and a refused token request says what a value is worth. */
const isFaultCall = ({ op, status }: Call): boolean =>
  status === 0 || status === 429 || status >= 500 || (status === 401 && op !== 'Token')

const stagesOf = ({ versions }: PeekedSecret): ReadonlyMap<string, string> =>
  new Map(versions.flatMap(({ id, stages }) => stages.map((stage) => [stage, id] as const)))

/** `rotate-1767…`: enough of a request token to know it again. */
const shortId = (id: string): string => (id.length > 20 ? `${id.slice(0, 20)}…` : id)

interface Naming {
  /** What people call a subject: a client id, a secret's name or its ARN; '' for what is no client. */
  readonly nameOf: (subject: string) => string
  /** Of AWSCURRENT's value. */
  readonly lastFourOf: (secret: PeekedSecret) => string | null
}

export const createTimeline = (
  { aws, stytch, world }: Pick<Laptop, 'aws' | 'stytch' | 'world'>,
  { nameOf, lastFourOf }: Naming,
): Timeline => {
  const { now } = world.clock
  const stories = createStories(now)

  const follow = (where: 'Stytch' | 'AWS', server: StandInServer) => {
    let calls: readonly Call[] = server.calls()
    let seen = calls.length
    return (): void => {
      const latest = server.calls()
      // A reset begins another list.
      if (latest !== calls) seen = 0
      calls = latest
      for (const call of latest.slice(seen)) {
        const { op, subject, at, status, player } = call
        if (player !== undefined) continue
        const what = status === 0 ? `${op} – no reply` : `${op} ${status}`
        stories.call(subject === null ? '' : nameOf(subject), { at, where, what, isFault: isFaultCall(call) })
      }
      seen = latest.length
    }
  }
  const followers = [follow('Stytch', stytch.server), follow('AWS', aws)]
  const lookAtCalls = (): void => {
    for (const look of followers) look()
  }

  const labels = new Map<string, ReadonlyMap<string, string>>(aws.peekAll().map((one) => [one.arn, stagesOf(one)]))
  /** Registered a moment ago: its dry run comes next. */
  const tested = new Set<string>()
  const beginOrEnd = (secret: PeekedSecret, stage: string, to: string | undefined): void => {
    const name = nameOf(secret.arn)
    const going = stories.openOf(name)
    if (stage === 'AWSPENDING' && to !== undefined && going === undefined) {
      const isTest = !isOwnToken(to) && tested.has(name)
      const says = isTest ? dryRun.begins(name) : beginning(intentOfOrigin(readRequestToken(to).origin), name)
      stories.begin(name, 'rotation', says)
    }
    const { origin } = readRequestToken(to ?? '')
    if (stage === 'AWSCURRENT' && to !== undefined && (origin === 'register' || origin === 'adopt')) {
      stories.end(stories.begin(name, 'client', storedSentence(origin, name, lastFourOf(secret))))
      tested.add(name)
    }
    if (stage === 'AWSPENDING' && to === undefined && going !== undefined) {
      if (going.tone === 'busy') stories.say(going.id, tested.has(name) ? dryRun.ends(name) : endedQuietly(name))
      tested.delete(name)
      stories.end(going.id)
    }
  }
  const lookAtLabels = (secretId: string): void => {
    const secret = aws.peek(secretId)
    if (secret === undefined || nameOf(secret.arn) === '') return
    const before = labels.get(secret.arn) ?? new Map<string, string>()
    const after = stagesOf(secret)
    labels.set(secret.arn, after)
    for (const stage of new Set([...before.keys(), ...after.keys()])) {
      const [from, to] = [before.get(stage), after.get(stage)]
      if (from === to) continue
      beginOrEnd(secret, stage, to)
      const what = to === undefined ? `${stage} removed` : `${stage} → ${shortId(to)}`
      stories.call(nameOf(secret.arn), { at: now(), where: 'label', what, isFault: false })
    }
  }
  /** Labels move a little after the last call, too. */
  const recent = new Map<string, number>()
  const lookAtRecent = (): void => {
    lookAtCalls()
    for (const [subject, until] of recent) {
      lookAtLabels(subject)
      if (Date.now() > until) recent.delete(subject)
    }
  }
  const untaps = [
    stytch.server.tap(lookAtCalls),
    aws.tap(({ subject, phase }) => {
      lookAtCalls()
      if (phase !== 'after' || subject === null) return
      lookAtLabels(subject)
      recent.set(subject, Date.now() + RECENT_MS)
    }),
  ]
  const unlisten = aws.onEvent(({ detailType, detail }) => {
    const fields = isJsonObject(detail) ? detail : {}
    const secretName = typeof fields.secretName === 'string' ? fields.secretName : selectedIn(fields)
    const name = nameOf(secretName)
    const secret = aws.peek(secretName)
    const ending = endingOf(detailType, fields, name, secret === undefined ? null : lastFourOf(secret))
    const going = stories.openOf(name)
    if (ending !== undefined) {
      if (going === undefined) stories.note(name, 'rotation', ending)
      else stories.say(going.id, ending)
      return
    }
    const sentence = eventSentence(detailType, fields, name)
    if (sentence === undefined) return
    const { isIncident, ...said } = sentence
    stories.note(name, isIncident ? 'incident' : 'system', said)
  })
  const timer = setInterval(lookAtRecent, LOOK_EVERY_MS)
  timer.unref()
  world.onReset(() => {
    labels.clear()
    stories.clear()
    stories.note('', 'system', { says: 'The laptop was emptied', detail: '', tone: 'plain' })
  })

  return {
    all: stories.all,
    linesOf: stories.linesOf,
    takeChanged: stories.takeChanged,
    note: stories.note,
    close: () => {
      clearInterval(timer)
      for (const untap of untaps) untap()
      unlisten()
    },
  }
}

const RECENT_MS = 3000

/** Of a report about one secret: its name. */
const selectedIn = ({ selector }: Readonly<Record<string, unknown>>): string => {
  const names = isJsonObject(selector) && Array.isArray(selector.secretNames) ? selector.secretNames : []
  return names.length === 1 && typeof names[0] === 'string' ? names[0] : ''
}
