// Consumers of one secret at work all the time, over real HTTP with clients of their own: each exchanges the client's secret for a token.
// They differ in how long they keep the secret. A failed request is one that their user would have seen.

import { setTimeout as sleep } from 'node:timers/promises'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { request } from 'undici'
import { PROJECT_ID } from './kinds.ts'
import type { Seat, Subject } from './seat.ts'

/** every: reads the secret each time · ttl: keeps it, reads again when refused · overlap: keeps it as long as promised. */
export const habits = ['every', 'ttl', 'overlap'] as const
export type Habit = (typeof habits)[number]

export interface Load {
  /** Resolves when every request that is under way now has ended. */
  turnover(): Promise<void>
  stop(): Promise<void>
  tally(): { readonly requests: number; readonly verified: number; readonly failures: readonly string[] }
}

export interface LoadInput {
  readonly overlapMs: number
  readonly consumersEach: number
}

/** Much longer than the overlap: this habit lives by reading again. */
const TTL_OVERLAPS = 20
const PAUSE_MS = 4
const VERIFIED_EVERY = 20

const createCaller = (seat: Seat, { secretArn, clientId }: Subject) => {
  const client = new SecretsManagerClient({
    endpoint: seat.urls.aws,
    region: 'us-east-1',
    // The seat's secrets have no policy that lists a consumer.
    credentials: { accessKeyId: 'break-glass', secretAccessKey: 'consumer' },
  })
  const jwks = createRemoteJWKSet(new URL(`/v1/sessions/jwks/${PROJECT_ID}`, seat.urls.stytch))
  return {
    read: async (): Promise<string> => {
      const { SecretString: text = '' } = await client.send(new GetSecretValueCommand({ SecretId: secretArn }))
      return (JSON.parse(text) as { client_secret: string }).client_secret
    },
    /** @returns undefined when the value is refused. */
    exchange: async (value: string): Promise<string | undefined> => {
      const response = await request(`${seat.urls.stytch}/v1/public/${PROJECT_ID}/oauth2/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: clientId,
          client_secret: value,
        }).toString(),
      })
      const { access_token: token } = (await response.body.json()) as { access_token?: string }
      return response.statusCode === 200 ? token : undefined
    },
    verify: async (token: string): Promise<void> => {
      const expected = { issuer: `stytch.com/${PROJECT_ID}`, audience: PROJECT_ID, subject: clientId }
      await jwtVerify(token, jwks, { ...expected, currentDate: new Date(seat.world.clock.now()) })
    },
    close: () => client.destroy(),
  }
}

/** The secret as a consumer of this habit holds it. Its age counts from when it was asked for, so it never outlives the overlap. */
const createKeeper = (habit: Habit, overlapMs: number, read: () => Promise<string>) => {
  const keepMs = { every: 0, ttl: TTL_OVERLAPS * overlapMs, overlap: overlapMs }[habit]
  let kept: { readonly value: string; readonly until: number } | undefined
  return async (isRefused: boolean): Promise<string> => {
    const askedAt = Date.now()
    if (!isRefused && kept !== undefined && askedAt < kept.until) return kept.value
    const value = await read()
    kept = { value, until: askedAt + keepMs }
    return value
  }
}

export const startLoad = (seat: Seat, subject: Subject, { overlapMs, consumersEach }: LoadInput): Load => {
  const caller = createCaller(seat, subject)
  const failures: string[] = []
  const underWay: Promise<void>[] = []
  let [requests, verified] = [0, 0]
  let isStopped = false

  const attempt = async (habit: Habit, keep: ReturnType<typeof createKeeper>): Promise<void> => {
    requests += 1
    const number = requests
    const token =
      (await caller.exchange(await keep(false))) ??
      (habit === 'ttl' ? await caller.exchange(await keep(true)) : undefined)
    if (token === undefined) throw new Error('refused')
    if (number % VERIFIED_EVERY !== 0) return
    await caller.verify(token)
    verified += 1
  }

  const work = async (habit: Habit, place: number): Promise<void> => {
    const keep = createKeeper(habit, overlapMs, caller.read)
    while (!isStopped) {
      const one = attempt(habit, keep).catch((error: Error) => {
        failures.push(`request ${requests} of a consumer that keeps the secret by ${habit}: ${error.message}`)
      })
      underWay[place] = one
      await one
      await sleep(PAUSE_MS)
    }
  }
  const everybody = habits.flatMap((habit) => Array.from({ length: consumersEach }, () => habit))
  const done = everybody.map(work)

  return {
    turnover: async () => {
      await Promise.all(underWay)
    },
    stop: async () => {
      isStopped = true
      await Promise.all(done)
      caller.close()
    },
    tally: () => ({ requests, verified, failures }),
  }
}
