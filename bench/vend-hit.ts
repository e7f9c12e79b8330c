// What a vend from the cache takes inside of the handler: from the event's arrival to the answer, audit line included. The deployed
// handler runs in this process against the stand-ins; its log goes to /dev/null, as a file, since writing is part of it.
import { openSync, writeSync } from 'node:fs'
import type { Context } from 'aws-lambda'
import { startVendPlace } from './runtime/place.ts'

export interface Hits {
  readonly count: number
  /** Microseconds. */
  readonly p50: number
  readonly p99: number
}

const WARM_UP = 20_000
const COUNT = 100_000

const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 15_000 } as Context

export const measureHits = async (): Promise<Hits> => {
  const place = await startVendPlace()
  const log = openSync('/dev/null', 'w')
  const before = process.stdout.write
  Object.assign(process.env, place.env)
  try {
    const { handler } = await import('../lambda/handlers/on-vend.ts')
    process.stdout.write = (text: string | Uint8Array): boolean => writeSync(log, String(text)) > 0
    const first = await handler(place.event, context)
    if (first.statusCode !== 200) throw new Error(`the first vend was answered ${first.statusCode}`)
    const taken = new Float64Array(COUNT)
    for (let at = 0; at < WARM_UP + COUNT; at += 1) {
      const startedAt = performance.now()
      await handler(place.event, context)
      if (at >= WARM_UP) taken[at - WARM_UP] = performance.now() - startedAt
    }
    taken.sort()
    const at = (part: number): number => (taken[Math.floor(COUNT * part)] ?? Number.NaN) * 1000
    return { count: COUNT, p50: at(0.5), p99: at(0.99) }
  } finally {
    process.stdout.write = before
    await place.close()
  }
}

if (import.meta.main) {
  const { count, p50, p99 } = await measureHits()
  console.log(`cached vend inside the handler, ${count} of them: p50 ${p50.toFixed(1)} µs, p99 ${p99.toFixed(1)} µs`)
}
