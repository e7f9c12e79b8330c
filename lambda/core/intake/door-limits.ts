// How many requests the leak intake takes before anybody knows who signed them: as many as it can verify, since a request that is not signed
// costs a few milliseconds of one execution and touches nothing that others need. API Gateway counts them all alike (docs/decisions/099).

export interface Throttle {
  /** A second, in the long run. */
  readonly rateLimit: number
  /** At once. */
  readonly burstLimit: number
}

/** Ten executions verify some two thousand a second; twenty may arrive while the first of them start. */
export const INTAKE_THROTTLE: Throttle = { rateLimit: 100, burstLimit: 20 }

/** Where the function reserves nothing: as many executions as are then taken from the account's other functions. */
export const UNRESERVED_THROTTLE: Throttle = { rateLimit: 20, burstLimit: 10 }

/** In which a firewall counts an address's requests (waf/latest/developerguide/waf-rule-statement-type-rate-based.html). */
export const ADDRESS_WINDOW_MS = 300_000
/**
 * In which it counts all requests together that come from elsewhere than detectors' known addresses. They get half of what the API takes, however
 * many addresses they come from, so that the other half is left to deliveries.
 */
export const OTHERS_WINDOW_MS = 60_000
export const othersTogether = ({ rateLimit }: Throttle): number =>
  Math.floor((rateLimit / 2) * (OTHERS_WINDOW_MS / 1000))

/** What AWS WAF takes. */
export const REQUESTS_PER_ADDRESS = { min: 10, max: 2_000_000_000 } as const
