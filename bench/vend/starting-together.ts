// A process that holds many services, each with a token client of its own: forked by bench/start-together.ts. Told where the vendor is, it
// says that it is ready; at `go` every service asks for its first token, and it reports what came of them.

import type { VendorPlace } from '../../lambda/client/signed-request.ts'
import { createTokenClient } from '../../lambda/client/token-client.ts'

export interface ServicesTask {
  readonly services: number
  readonly place: Pick<VendorPlace, 'url' | 'region'> & {
    readonly credentials: { accessKeyId: string; secretAccessKey: string }
  }
  readonly client: string
}

export interface ServicesReport {
  /** Milliseconds from `go` until each had its token. */
  readonly tookMs: readonly number[]
  readonly failed: number
  /** How many answers there were of each status; 0: none came. */
  readonly statuses: Readonly<Record<string, number>>
}

const statuses: Record<string, number> = {}
const count = (status: number): void => {
  statuses[status] = (statuses[status] ?? 0) + 1
}

const counting: typeof fetch = async (input, init) => {
  try {
    const response = await fetch(input, init)
    count(response.status)
    return response
  } catch (error) {
    count(0)
    throw error
  }
}

const play = async ({ services, place, client }: ServicesTask): Promise<ServicesReport> => {
  const startedAt = performance.now()
  const tookMs: number[] = []
  let failed = 0
  const start = async (): Promise<void> => {
    try {
      await createTokenClient({ ...place, fetch: counting }).token({ client })
      tookMs.push(performance.now() - startedAt)
    } catch {
      failed += 1
    }
  }
  await Promise.all(Array.from({ length: services }, start))
  return { tookMs, failed, statuses }
}

let task: ServicesTask | undefined
process.on('disconnect', () => process.exit(1))
process.on('message', (message: ServicesTask | 'go') => {
  if (message !== 'go') {
    task = message
    process.send?.('ready')
  } else if (task !== undefined) {
    void play(task).then((report) => process.send?.(report, () => process.exit(0)))
  }
})
