// One subject's life in a walk: runs its rotation steps, upsets them as told, and holds each one against the model and each outside call
// against the two invariants. It decides nothing of what happens; walks.ts does.
import { isAbout, isOwnToken } from '../../lambda/core/secret/request-token.ts'
import type { InvokeOutcome, RotationEvent } from '../../lambda/local/aws/rotation-driver.ts'
import { type End, runStep, type StepRun, steps, type Turn } from '../model/rotation.ts'
import { keyOf, type State, type Value } from '../model/state.ts'
import { idUnder, isCurrentAccepted, type Seat, type Subject, valueUnder } from './seat.ts'
import type { Deed, Upset } from './walks-commands.ts'
import { createSight, originOf, type Sight } from './walks-sight.ts'

export interface Life {
  readonly seat: Seat
  readonly subject: Subject
  readonly sight: Sight
  readonly violations: string[]
  /** What upsets the steps from now on; calls and steps count from here. */
  begin(upsets: readonly Upset[], act: (deed: Deed) => Promise<void>): void
  /** Ends all upsets. */
  calm(): void
  step(event: RotationEvent): Promise<InvokeOutcome>
  /** Somebody brought this value back by hand: it is no longer a revoked one. */
  allow(value: string): void
}

type Kill = Extract<Upset, { kill: string }>
type Faulty = Extract<Upset, { fault: object }>
type Deeds = Extract<Upset, { deed: object }>

const MAX_AGE_MS = 2 * 60 * 60_000
const EMPTY_AFTER_MS = 2 * 60_000
/** Times a step is retried when a busy machine, and nobody else, made one of its calls fail. */
const HICCUPS = 3

const stytchOps = ['RotateStart', 'RotateComplete', 'RotateCancel', 'Token', 'GetClient', 'UpdateClient']

const isTooOld = (seat: Seat, token: string): boolean => {
  const askedAt = /^(?:settle|rollback)-(\d{13})-/.exec(token)?.[1]
  return askedAt !== undefined && seat.world.clock.now() - Number(askedAt) > MAX_AGE_MS
}

/** Every state that one execution of a step can leave behind when calls, replies or the execution are lost. */
const reachable = (state: State, turn: Turn, first: Value): readonly StepRun[] => {
  const runs = new Map<string, StepRun>()
  const queue = [state]
  for (let from = queue.shift(); from !== undefined; from = queue.shift()) {
    const key = keyOf(from, first)
    if (runs.has(key)) continue
    const run = runStep(from, turn)
    runs.set(key, run)
    queue.push(...run.states)
  }
  return [...runs.values()]
}

interface Seen {
  readonly end: End | 'killed'
  readonly key: string
  readonly first: Value
}

const endOf = (outcome: InvokeOutcome): End =>
  outcome.ok ? 'done' : outcome.errorType === 'RotationRefused' ? 'refused' : 'again'

/** How an undisturbed step departs from the model's. */
const departure = ({ states, end }: StepRun, seen: Seen): string | undefined => {
  const expected = keyOf(states.at(-1) ?? states[0], seen.first)
  if (end === seen.end && expected === seen.key) return undefined
  return `expected ${end} at ${expected}, found ${seen.end} at ${seen.key}`
}

/** Whether a disturbed step left what no loss of calls and replies explains; one that says done must be at an end. */
const strayed = (runs: readonly StepRun[], { end, key, first }: Seen): string | undefined => {
  const places = runs.flatMap((run) => {
    if (end !== 'done') return run.states
    return run.end === 'done' ? run.states.slice(-1) : []
  })
  return places.some((place) => keyOf(place, first) === key) ? undefined : `disturbed, no way leads to ${end} at ${key}`
}

export const createLife = (seat: Seat, subject: Subject): Life => {
  const { secretArn } = subject
  const sight = createSight(seat, subject)
  const violations: string[] = []
  const revoked = new Set<string>()
  let upsets: Upset[] = []
  let act: Parameters<Life['begin']>[1] = async () => {}
  let calls = 0
  let stepsRun = 0
  let isFaulty = false
  const say = (violation: string): void => {
    violations.push(violation)
  }

  const take = <Kind extends Upset>(isDue: (upset: Upset) => upset is Kind): Kind | undefined => {
    const found = upsets.find(isDue)
    upsets = upsets.filter((upset) => upset !== found)
    return found
  }
  const takeKill = (phase: Kill['kill']): Kill | undefined =>
    take((upset): upset is Kill => 'kill' in upset && upset.kill === phase && upset.call === calls)
  const takeFault = (): Faulty | undefined => take((upset): upset is Faulty => 'fault' in upset && upset.call === calls)
  const takeDeed = (step: number): Deeds | undefined =>
    take((upset): upset is Deeds => 'deed' in upset && upset.step === step)

  /** @returns the look after the call: whether it killed an accepted AWSCURRENT, or brought a revoked value back. */
  const watch = (op: string, step: string) => {
    const wasAccepted = isCurrentAccepted(seat, subject)
    const before = valueUnder(seat, secretArn, 'AWSCURRENT')
    const accepted = sight.values().filter((value) => seat.stytch.accepts(subject.clientId, value))
    return (): void => {
      const after = valueUnder(seat, secretArn, 'AWSCURRENT')
      const where = `${op} in ${step}`
      if (wasAccepted && !isCurrentAccepted(seat, subject)) say(`${where} left AWSCURRENT refused`)
      if (after === undefined || after === before) return
      if (revoked.has(after)) say(`${where} brought a revoked value back`)
      if (originOf(idUnder(seat, secretArn, 'AWSCURRENT') ?? '') !== 'revoke') return
      for (const value of [...accepted, before]) if (value !== undefined && value !== after) revoked.add(value)
    }
  }

  const plant = (op: string): void => {
    const due = takeFault()
    if (due === undefined) return
    isFaulty = true
    const server = stytchOps.includes(op) ? seat.stytch.server : seat.aws
    server.faults.add({ ...due.fault, op })
  }

  const execute = (event: RotationEvent): Promise<InvokeOutcome | Kill> =>
    new Promise((resolve) => {
      let killed: Kill | undefined
      let look = (): void => {}
      void seat
        .execute({
          event,
          // A planned fault costs fake time; a busy machine must not.
          timeMs: isFaulty || upsets.length > 0 ? 60_000 : 600_000,
          onHang: () => killed !== undefined && resolve(killed),
          gate: (phase, op) => {
            if (phase === 'after') look()
            else {
              look = watch(op, event.Step)
              plant(op)
            }
            // A call that goes out beside the killed one must not bring the execution back to life.
            killed ??= takeKill(phase)
            if (phase === 'after') calls += 1
            return killed === undefined ? 'go' : 'hang'
          },
        })
        .then(resolve)
    })

  const killedOutcome: InvokeOutcome = { ok: false, errorType: 'Runtime.ExitError', errorMessage: 'killed' }

  const ageOf = (token: string) => {
    const ageMs = seat.world.clock.now() - (sight.pending()?.createdAt ?? Number.POSITIVE_INFINITY)
    return { isTooOld: isTooOld(seat, token), isLeftEmpty: ageMs >= EMPTY_AFTER_MS }
  }
  const aimOf = (token: string) => {
    const { secretArn } = subject
    const about = idUnder(seat, secretArn, 'AWSCURRENT') ?? ''
    const isAboutAnother = token.startsWith('settle-') && !isAbout(token, { secretArn, about })
    return { isAboutAnother, isBare: !isOwnToken(token) }
  }

  const attempt = async (event: RotationEvent): Promise<InvokeOutcome | 'once more' | 'hiccup'> => {
    const token = event.ClientRequestToken
    const state = sight.state()
    const first = sight.names()
    const turn: Turn = { step: event.Step, unseen: first, ...ageOf(token), ...aimOf(token) }
    const isOurs = sight.pending()?.id === token
    const outcome = await execute(event)
    const isKilled = 'kill' in outcome
    const seen: Seen = { key: keyOf(sight.state(), first), first, end: isKilled ? 'killed' : endOf(outcome) }
    const where = `${event.Step} of ${token.slice(0, 9)} from ${keyOf(state, first)}`
    const isExact = !isFaulty && !isKilled
    const run = runStep(state, turn)
    const isHiccup = isExact && seen.end === 'again' && run.end !== 'again'
    // A token that came of age during the step is a coin that fell on its edge.
    if (!isOurs && seen.key !== keyOf(state, first)) say(`${where} changed something without AWSPENDING: ${seen.key}`)
    else if (isOurs && turn.isTooOld === isTooOld(seat, token)) {
      const fault = isExact && !isHiccup ? departure(run, seen) : strayed(reachable(state, turn, first), seen)
      if (fault !== undefined) say(`${where}: ${fault}${isKilled || outcome.ok ? '' : ` (${outcome.errorMessage})`}`)
    }
    if (isHiccup) return 'hiccup'
    if (isKilled) return outcome.goesOn === 'same step' ? 'once more' : killedOutcome
    return outcome
  }

  const step = async (event: RotationEvent): Promise<InvokeOutcome> => {
    const due = takeDeed(stepsRun)
    stepsRun += 1
    if (due !== undefined) await act(due.deed)
    for (let hiccups = 0; hiccups <= HICCUPS; ) {
      const outcome = await attempt(event)
      if (outcome === 'hiccup') hiccups += 1
      else if (outcome !== 'once more') return outcome
    }
    say(`${event.Step} fails again and again though nothing disturbs it: ${seat.output.at(-1)}`)
    return killedOutcome
  }

  return {
    seat,
    subject,
    sight,
    violations,
    begin: (next, how) => {
      upsets = [...next]
      act = how
      calls = 0
      stepsRun = 0
      isFaulty = false
    },
    calm: () => {
      upsets = []
      isFaulty = false
      seat.stytch.server.faults.clear()
      seat.aws.faults.clear()
    },
    step,
    allow: (value) => revoked.delete(value),
  }
}

/** The steps from one on, as an event each, for a token that is driven by hand. */
export const eventsFor = ({ secretArn }: Subject, token: string, from: number): readonly RotationEvent[] =>
  steps.slice(from).map((Step) => ({ Step, SecretId: secretArn, ClientRequestToken: token }))
