// Lambda, as durable executions see it, with a clock of its own: each has processes of a quarter of an hour, and a deployment ends all that
// run. What an ended one called is never answered; the execution goes on in the next process, from its checkpoints.

import type { Campaigning } from '../../../lambda/core/campaign/campaigning.ts'
import { createStore, type Store } from '../../fakes/fake-durable.ts'
import type { VirtualTiming } from '../../fakes/virtual-timing.ts'

export const INVOCATION_MS = 900_000

type OwnTiming = Pick<VirtualTiming, 'now' | 'wait' | 'remainingMs' | 'restart'>

/** One invocation's time. */
export const createOwnTiming = (clock: VirtualTiming, ms: number): OwnTiming => {
  let endsAt = clock.now() + ms
  return {
    now: clock.now,
    wait: clock.wait,
    remainingMs: () => endsAt - clock.now(),
    restart: (remainingMs) => {
      endsAt = clock.now() + remainingMs
    },
  }
}

export interface Process {
  readonly timing: OwnTiming
  readonly at: (moment: 'before' | 'after', name: string) => Promise<void>
  readonly campaigning: Campaigning
}

const never = (): Promise<never> => new Promise(() => {})

export const createHost = (clock: VirtualTiming, campaigning: Campaigning) => {
  const living = new Set<() => void>()
  let kills = 0

  const start = () => {
    let isDead = false
    let die = (): void => {}
    const death = new Promise<'killed'>((resolve) => {
      die = () => {
        isDead = true
        resolve('killed')
      }
    })
    const alive =
      <Args extends unknown[], Reply>(call: (...args: Args) => Promise<Reply>) =>
      async (...args: Args): Promise<Reply> => {
        if (isDead) return never()
        try {
          const reply = await call(...args)
          return isDead ? never() : reply
        } catch (error) {
          if (isDead) return never()
          throw error
        }
      }
    const own = createOwnTiming(clock, INVOCATION_MS)
    const timing = { ...own, wait: alive(own.wait) }
    const { secrets, steps, freeze, events } = campaigning
    const process: Process = {
      timing,
      at: async () => {
        if (isDead) await never()
      },
      campaigning: {
        ...campaigning,
        timing,
        secrets: {
          list: alive(secrets.list),
          describe: alive(secrets.describe),
          listVersions: alive(secrets.listVersions),
          rotate: alive(secrets.rotate),
        },
        steps: { ask: alive(steps.ask) },
        freeze: { read: alive(freeze.read) },
        events: { publish: alive(events.publish) },
      },
    }
    return { process, death, die }
  }

  return {
    kills: () => kills,
    /** Every process that runs is ended. */
    deploy: (): void => {
      kills += living.size
      for (const die of living) die()
      living.clear()
    },
    /** Runs until it is over. @throws what it throws */
    execute: async <Reply>(run: (store: Store, process: Process) => Promise<Reply>): Promise<Reply> => {
      const store = createStore()
      for (;;) {
        const { process, death, die } = start()
        living.add(die)
        try {
          const end = await Promise.race([run(store, process).then((reply) => ({ reply })), death])
          if (end !== 'killed') return end.reply
        } finally {
          living.delete(die)
        }
        await clock.wait(1000)
      }
    },
  }
}

export type Host = ReturnType<typeof createHost>
