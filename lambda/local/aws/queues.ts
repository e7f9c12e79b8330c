// SQS as far as other services put something there: queues that keep what is sent to them. Nobody receives from them here; whoever looks reads
// all that lies in one.
import { defined } from '../../core/base/defined.ts'

export interface QueuedMessage {
  readonly body: string
  /** Of a dead letter: whose it is, and why it lies here. */
  readonly attributes?: Readonly<Record<string, string>>
  /** Epoch milliseconds on the shared clock. */
  readonly at: number
}

export interface Queues {
  add(arn: string): void
  remove(arn: string): void
  exists(arn: string): boolean
  /** @returns false: there is no such queue. */
  send(arn: string, body: string, attributes?: Readonly<Record<string, string>>): boolean
  messages(arn: string): readonly QueuedMessage[]
  all(): Readonly<Record<string, readonly QueuedMessage[]>>
  /** Empties all. */
  clear(): void
}

export const createQueues = (now: () => number): Queues => {
  const queues = new Map<string, QueuedMessage[]>()
  return {
    add: (arn) => {
      queues.set(arn, [])
    },
    remove: (arn) => {
      queues.delete(arn)
    },
    exists: (arn) => queues.has(arn),
    send: (arn, body, attributes) => {
      const queue = queues.get(arn)
      queue?.push({ body, at: now(), ...defined({ attributes }) })
      return queue !== undefined
    },
    messages: (arn) => queues.get(arn) ?? [],
    all: () => Object.fromEntries(queues),
    clear: () => {
      for (const arn of queues.keys()) queues.set(arn, [])
    },
  }
}
