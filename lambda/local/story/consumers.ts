// The story's consumers, at work all the time: each exchanges a client's secret for a token and calls the resource server with it.
// They differ in how long they keep the secret. A failed request is one that their user would have seen.
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { defined } from '../../core/base/defined.ts'
import type { Credentials, Operator } from './operator.ts'

/** every: reads the secret each time · ttl: keeps it, reads again when refused · overlap: keeps it as long as promised. */
export type Habit = 'every' | 'ttl' | 'overlap'

export interface ConsumerInput {
  readonly secretId: string
  readonly habit: Habit
  /** ttl, overlap: how long the secret is kept. */
  readonly keepMs: number
  readonly resourceUrl: string
  /** Between two requests. @default 15 */
  readonly pauseMs?: number
  /** As what its calls are known. @default - none */
  readonly agent?: string
}

export interface Tally {
  requests: number
  failures: number
}

export interface Consumer {
  readonly tally: Tally
  /** Last four of the secret that it holds; undefined: it has not read one yet. */
  holds(): string | undefined
  stop(): Promise<void>
}

const PAUSE_MS = 15

/** The token endpoint's answer: its status, and the access token where there is one. */
export const requestToken = async (
  { clientId, clientSecret, tokenUrl }: Credentials,
  agent?: string,
): Promise<{ readonly status: number; readonly token: string | undefined }> => {
  const response = await request(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...defined({ 'user-agent': agent }) },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }).toString(),
  })
  const body = (await response.body.json()) as { access_token?: string }
  const { statusCode: status } = response
  return { status, token: status === 200 ? body.access_token : undefined }
}

/** @returns the access token, or undefined when Stytch refuses. */
export const exchange = async (credentials: Credentials, agent?: string): Promise<string | undefined> =>
  (await requestToken(credentials, agent)).token

export const callResource = async (url: string, token: string): Promise<boolean> => {
  const response = await request(url, { headers: { authorization: `Bearer ${token}` } })
  await response.body.dump()
  return response.statusCode === 200
}

export const startConsumer = (operator: Operator, input: ConsumerInput): Consumer => {
  const { secretId, habit, keepMs, resourceUrl, pauseMs = PAUSE_MS, agent } = input
  const tally: Tally = { requests: 0, failures: 0 }
  let kept: { readonly credentials: Credentials; readonly until: number } | undefined
  let isStopped = false

  const credentials = async (isStale: boolean): Promise<Credentials> => {
    if (!isStale && kept !== undefined && Date.now() < kept.until) return kept.credentials
    const read = await operator.read(secretId)
    kept = { credentials: read, until: Date.now() + (habit === 'every' ? 0 : keepMs) }
    return read
  }

  const attempt = async (): Promise<boolean> => {
    const token = (await exchange(await credentials(false), agent)) ?? (await retry())
    return token !== undefined && callResource(resourceUrl, token)
  }
  /** What docs/secret-format.md asks of a consumer: when refused, read the secret once more. */
  const retry = async (): Promise<string | undefined> =>
    habit === 'overlap' ? undefined : exchange(await credentials(true), agent)

  const work = async (): Promise<void> => {
    while (!isStopped) {
      tally.requests += 1
      const succeeded = await attempt().catch(() => false)
      if (!succeeded) tally.failures += 1
      await sleep(pauseMs)
    }
  }
  const done = work()
  return {
    tally,
    holds: () => kept?.credentials.clientSecret.slice(-4),
    stop: async () => {
      isStopped = true
      await done
    },
  }
}
