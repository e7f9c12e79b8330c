// Stytch's rate limits as it documents their shape: fixed windows (not rolling), one count an endpoint group. The figures are
// not documented, so the limit is off until a setting gives one.
import { ApiError } from './api-error.ts'
import type { StytchSettings } from './settings.ts'

export type EndpointGroup = 'clients' | 'token' | 'management'

const limitOf = {
  clients: 'rateLimitClientCalls',
  token: 'rateLimitTokenCalls',
  management: 'rateLimitManagementCalls',
} as const satisfies Record<EndpointGroup, keyof StytchSettings>

export interface RateLimit {
  /** Counts one call. @throws ApiError 429 when the window is used up. */
  count(group: EndpointGroup, settings: StytchSettings, now: number): void
  clear(): void
}

export const createRateLimit = (): RateLimit => {
  const windows = new Map<EndpointGroup, { startsAt: number; calls: number }>()
  return {
    count: (group, settings, now) => {
      const limit = settings[limitOf[group]]
      if (limit === null) return
      const startsAt = now - (now % settings.rateLimitWindowMs)
      const open = windows.get(group)
      const calls = open?.startsAt === startsAt ? open.calls : 0
      if (calls >= limit) {
        const seconds = settings.rateLimitRetryAfterSeconds
        throw new ApiError(429, 'too_many_requests', {
          headers: seconds === null ? {} : { 'retry-after': `${seconds}` },
        })
      }
      windows.set(group, { startsAt, calls: calls + 1 })
    },
    clear: () => windows.clear(),
  }
}
