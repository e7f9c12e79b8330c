// Time that passes only while everybody waits: executions, an incident and consumers that run at once each wait on a clock that stands still
// while any of them works, and then goes on to the next moment that somebody waits for. So a minute takes as long as the calls in it, and no
// busy machine changes what is measured.
import type { Clock } from '../../lambda/local/stand-in/world.ts'

/** One who works or waits. */
export interface Actor {
  wait(ms: number): Promise<void>
  /** It works and waits no more: what still waits of it waits for ever, as what outlives an execution is frozen with it. */
  end(): void
}

export interface VirtualTime {
  /** The clock stands still until this one waits, too, or has ended. */
  begin(): Actor
  /** As an actor of its own that only waits. */
  sleep(ms: number): Promise<void>
  /** Forgets everybody. */
  clear(): void
}

interface Alarm {
  readonly of: object
  readonly at: number
  readonly ring: () => void
}

/** Turns of the event loop: whoever is about to begin something has begun it by then. */
const TURNS = 3

export const createVirtualTime = (clock: Clock): VirtualTime => {
  let waiting = new Map<object, number>()
  let alarms: Alarm[] = []
  let isChecking = false

  const advance = (): void => {
    if ([...waiting.values()].includes(0)) return
    const next = Math.min(...alarms.map(({ at }) => at))
    if (next === Number.POSITIVE_INFINITY) return
    clock.advance(Math.max(0, next - clock.now()))
    const due = alarms.filter(({ at }) => at <= next)
    alarms = alarms.filter(({ at }) => at > next)
    for (const { ring } of due) ring()
  }
  const check = (turns = TURNS): void => {
    if (turns === TURNS && isChecking) return
    isChecking = true
    setImmediate(() => {
      if (turns > 1) return check(turns - 1)
      isChecking = false
      advance()
    })
  }

  const begin = (): Actor => {
    const me = {}
    waiting.set(me, 0)
    const add = (change: 1 | -1): void => {
      const before = waiting.get(me)
      if (before !== undefined) waiting.set(me, before + change)
    }
    return {
      wait: (ms) =>
        new Promise((resolve) => {
          if (!waiting.has(me)) return
          add(1)
          const ring = (): void => {
            add(-1)
            resolve()
          }
          alarms.push({ of: me, at: clock.now() + Math.max(0, ms), ring })
          check()
        }),
      end: () => {
        waiting.delete(me)
        alarms = alarms.filter(({ of }) => of !== me)
        check()
      },
    }
  }

  return {
    begin,
    sleep: async (ms) => {
      const actor = begin()
      await actor.wait(ms)
      actor.end()
    },
    clear: () => {
      waiting = new Map()
      alarms = []
    },
  }
}
