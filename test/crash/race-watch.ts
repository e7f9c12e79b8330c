// Watches every execution of a race, call by call: whether one of our own calls made Stytch refuse an AWSCURRENT that it accepted just
// before, and what had changed under that execution since it last looked. What a colleague or an operator kills is not ours.
import type { Step } from '../../lambda/core/rotation/refusal.ts'
import type { InvokeOutcome, RotationEvent } from '../../lambda/local/aws/rotation-driver.ts'
import { idUnder, isCurrentAccepted, type Seat, type Subject, type Verdict } from './seat.ts'

/** A call of ours after which Stytch refused an AWSCURRENT that it accepted before. */
export interface KilledCurrent {
  readonly who: string
  readonly step: Step
  readonly op: string
  /** Call of its execution, from 0. */
  readonly call: number
  /** Stytch's slots are not what this execution's last look showed. */
  readonly slotsChanged: boolean
  /** AWSCURRENT sits on another version than when this execution last read of it, the labels or the value. */
  readonly currentMoved: boolean
}

/** How an execution ended: `done`, `refused <reason>`, or `failed <code>`. */
export type Ending = string

export interface Ended {
  readonly who: string
  readonly step: Step
  readonly ending: Ending
}

export interface Turn {
  readonly who: string
  readonly event: RotationEvent
  /** Awaited before each of its calls: holds the execution up. */
  readonly before?: (op: string) => Promise<void>
}

export interface Watch {
  readonly seat: Seat
  readonly subject: Subject
  readonly kills: readonly KilledCurrent[]
  readonly ended: readonly Ended[]
  run(turn: Turn): Promise<InvokeOutcome>
}

interface Note {
  readonly step?: string
  readonly outcome?: string
  readonly reason?: string
  readonly code?: string
  readonly message?: string
}

/** The journal's line of this execution: the last one of its step. */
const endingOf = (lines: readonly string[], step: Step): Ending => {
  const notes = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Note)
  const note = notes.findLast((each) => each.step === step)
  if (note?.outcome === 'done') return 'done'
  if (note?.outcome === 'failed') return `failed ${note.code ?? ''}`
  const position = /in position (\w+)/.exec(note?.message ?? '')?.[1]
  return `refused ${note?.reason === 'position' && position !== undefined ? position : (note?.reason ?? 'unnamed')}`
}

/** A read kills nothing: what goes out beside it may have been held while somebody else acted. */
const mayChange = (op: string): boolean => !/^(Get|Describe|List|Token|Introspect|Keyring(Get|Try))/.test(op)

export const createRaceWatch = (seat: Seat, subject: Subject): Watch => {
  const kills: KilledCurrent[] = []
  const ended: Ended[] = []
  const slots = (): string => {
    const { lastFour, nextLastFour } = seat.kind.slots(seat.stytch, subject.clientId) ?? {}
    return `${lastFour}/${nextLastFour}`
  }
  const currentId = (): string | undefined => idUnder(seat, subject.secretArn, 'AWSCURRENT')

  const run = async ({ who, event, before }: Turn): Promise<InvokeOutcome> => {
    const firstLine = seat.output.length
    let call = -1
    let seen = { slots: slots(), currentId: currentId() }
    let prior = { isAccepted: false, ...seen }
    let describedId = seen.currentId
    const outcome = await seat.execute({
      event,
      timeMs: 600_000,
      onHang: () => {},
      gate: async (phase, op): Promise<Verdict> => {
        if (phase === 'before') {
          call += 1
          await before?.(op)
          // Its reply may come after somebody acted who was held beside another call.
          if (op === 'DescribeSecret') describedId = currentId()
          prior = { isAccepted: isCurrentAccepted(seat, subject), slots: slots(), currentId: currentId() }
          return 'go'
        }
        if (mayChange(op) && prior.isAccepted && !isCurrentAccepted(seat, subject)) {
          kills.push({
            who,
            step: event.Step,
            op,
            call,
            slotsChanged: prior.slots !== seen.slots,
            currentMoved: prior.currentId !== seen.currentId,
          })
        }
        if (op === 'GetClient' || op === 'GetScimConnection' || op === 'KeyringGet') seen = { ...seen, slots: slots() }
        // A value is read by its version's id, which tells nothing of labels.
        if (op === 'DescribeSecret') seen = { ...seen, currentId: describedId }
        return 'go'
      },
    })
    ended.push({ who, step: event.Step, ending: endingOf(seat.output.slice(firstLine), event.Step) })
    return outcome
  }
  return { seat, subject, kills, ended, run }
}
