// A durable execution in memory: keeps what steps replied, and may be abandoned before or after any of them, so that the same code runs
// again from the top with what was kept – as Lambda would run it.
import type { Durable } from '../../lambda/core/campaign/campaign-ports.ts'
import type { VirtualTiming } from './virtual-timing.ts'

export interface Store {
  readonly kept: Map<string, string>
  /** Names of steps that ran, in order; a step that was replayed did not run. */
  readonly ran: string[]
  readonly waited: number[]
}

export interface FakeDurableInput {
  readonly timing: Pick<VirtualTiming, 'wait' | 'remainingMs' | 'restart'>
  readonly store: Store
  /** Runs an order in an execution of its own. */
  readonly invoke?: (name: string, order: unknown) => Promise<unknown>
  /** Called before and after each step's work; one that never resolves is a kill. */
  readonly at?: (moment: 'before' | 'after', name: string) => Promise<void>
}

export const createStore = (): Store => ({ kept: new Map(), ran: [], waited: [] })

export const createFakeDurable = ({ timing, store, invoke, at }: FakeDurableInput): Durable => {
  const make = (path: string): Durable => {
    let next = 0
    const keep = async <Reply>(name: string, act: () => Promise<Reply>): Promise<Reply> => {
      next += 1
      const key = `${path}/${next} ${name}`
      const known = store.kept.get(key)
      if (known !== undefined) return (JSON.parse(known) as { reply: Reply }).reply
      await at?.('before', key)
      store.ran.push(name)
      const reply = await act()
      await at?.('after', key)
      const text = JSON.stringify({ reply })
      if (Buffer.byteLength(text) > 256 * 1024) throw new Error(`${key} keeps ${text.length} bytes, over 256 KB`)
      store.kept.set(key, text)
      return (JSON.parse(text) as { reply: Reply }).reply
    }
    return {
      step: keep,
      wait: async (name, seconds) => {
        await keep(name, async () => {
          store.waited.push(seconds)
          const isOutlasting = seconds * 1000 > timing.remainingMs()
          await timing.wait(seconds * 1000)
          // Nobody pays for a process that waits: what comes after is a new invocation.
          if (isOutlasting) timing.restart(900_000)
        })
      },
      each: async (name, items, atOnce, act) => {
        next += 1
        const replies: unknown[] = []
        const entries = [...items.entries()][Symbol.iterator]()
        const inside = `${path}/${next} ${name}`
        const work = async (): Promise<void> => {
          for (const [index, item] of entries) replies[index] = await act(make(`${inside}#${index}`), item)
        }
        await Promise.all(Array.from({ length: Math.max(1, Math.min(atOnce, items.length)) }, work))
        return replies as Awaited<ReturnType<typeof act>>[]
      },
      invoke: async (name, order) => {
        if (invoke === undefined) throw new Error('nothing can be invoked')
        const reply = await keep(name, () => invoke(name, order))
        return reply as never
      },
    }
  }
  return make('')
}
