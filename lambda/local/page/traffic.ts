// The consumers that work while a page is open: a few clients' real consumers, over HTTP, so that a rotation is seen from their side. With no
// page open there are none, and the stand-ins see no call of theirs.
import { isM2mClient } from '../../core/secret/client-id.ts'
import type { Laptop } from '../laptop/laptop.ts'
import { playerAgent } from '../stand-in/server.ts'
import { type Consumer, startConsumer } from '../story/consumers.ts'
import { READER } from '../story/guarding.ts'
import { createOperator, type Operator } from '../story/operator.ts'
import { type ResourceServer, startResourceServer } from '../story/resource-server.ts'
import type { ClientSight } from './sight.ts'

export interface TrafficSight {
  readonly requests: number
  readonly failures: number
  /** Per client's secret name: what its consumer has done, and the last four of what it holds. */
  readonly consumers: Readonly<
    Record<string, { readonly requests: number; readonly failures: number; readonly holds: string | null }>
  >
}

export interface Traffic {
  /** Starts and stops consumers, so that the first few clients in use have one each. */
  follow(clients: readonly ClientSight[]): void
  sight(): TrafficSight
  /** Ends all of them, until the next `follow`. */
  pause(): void
  close(): Promise<void>
}

const MOST = 4
const PAUSE_MS = 260
/** How long a consumer keeps the secret it has read. */
const KEEP_MS = 5000
/** After which a secret that may not be read is tried once more. */
const CLOSED_MS = 30_000

const unused: readonly ClientSight['state'][] = ['retired', 'deleted', 'gone', 'empty']

export const createTraffic = ({ address, world }: Pick<Laptop, 'address' | 'world'>): Traffic => {
  const agent = playerAgent('consumer')
  const reader = createOperator(address, { agent, accessKeyId: READER })
  const working = new Map<string, Consumer>()
  /** Secrets of others' consumers, by name: until when they are left alone. */
  const closed = new Map<string, number>()
  const operator: Operator = {
    ...reader,
    read: (secretId) =>
      reader.read(secretId).catch((error: unknown) => {
        const isDenied = error instanceof Error && error.name === 'AccessDeniedException'
        // Denied after it could read once, it is an outage that its user would see.
        if (isDenied && working.get(secretId)?.holds() === undefined) closed.set(secretId, Date.now() + CLOSED_MS)
        throw error
      }),
  }
  const isClosed = (secretName: string): boolean => (closed.get(secretName) ?? 0) > Date.now()
  const past = { requests: 0, failures: 0 }
  let resource: Promise<ResourceServer> | undefined
  let resourceUrl: string | undefined

  const end = (secretName: string): void => {
    const consumer = working.get(secretName)
    if (consumer === undefined) return
    working.delete(secretName)
    void consumer.stop()
    if (isClosed(secretName)) return
    past.requests += consumer.tally.requests
    past.failures += consumer.tally.failures
  }
  const pause = (): void => {
    for (const name of [...working.keys()]) end(name)
  }

  return {
    follow: (clients) => {
      resource ??= startResourceServer(address, world.clock.now)
      if (resourceUrl === undefined) {
        void resource.then(({ url }) => {
          resourceUrl = url
        })
        return
      }
      const wanted = clients
        .filter(({ state, clientId }) => !unused.includes(state) && clientId !== null && isM2mClient(clientId))
        .filter(({ secretName }) => !isClosed(secretName))
        .slice(0, MOST)
      const names = new Set(wanted.map(({ secretName }) => secretName))
      for (const name of [...working.keys()]) if (!names.has(name)) end(name)
      for (const secretId of names) {
        if (working.has(secretId)) continue
        const input = { secretId, habit: 'ttl', keepMs: KEEP_MS, pauseMs: PAUSE_MS, agent, resourceUrl } as const
        working.set(secretId, startConsumer(operator, input))
      }
    },
    sight: () => {
      const all = [...working].filter(([name]) => !isClosed(name))
      return {
        requests: all.reduce((sum, [, { tally }]) => sum + tally.requests, past.requests),
        failures: all.reduce((sum, [, { tally }]) => sum + tally.failures, past.failures),
        consumers: Object.fromEntries(
          all.map(([name, { tally, holds }]) => [name, { ...tally, holds: holds() ?? null }] as const),
        ),
      }
    },
    pause,
    close: async () => {
      pause()
      await (await resource?.catch(() => undefined))?.close()
      operator.secretsManager.destroy()
    },
  }
}
