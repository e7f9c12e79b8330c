// What one check comes to: what the stand-ins answer, what the service answered, and which setting of a stand-in would make the
// two agree. A finding holds statuses, error names, counts and times; never a value.

export type Verdict = 'agrees' | 'differs' | 'not seen'

export interface LiveFinding {
  readonly service: Service
  /** A claim's subject, in words. */
  readonly check: string
  /** What the stand-in answers, with its setting's name where it has one. */
  readonly expected: string
  readonly seen: string
  readonly verdict: Verdict
  /** Only when it differs: what to change. */
  readonly advice?: string
  /** Only of what stands for the rest of a group that could not go on: the error's name, or why. */
  readonly brokeOff?: string
}

export type Service = 'Stytch' | 'AWS'

export interface Comparison {
  readonly check: string
  readonly expected: string | number | boolean
  /** undefined: nothing was seen, `why` says why. */
  readonly seen: string | number | boolean | undefined
  readonly why?: string
  /** The stand-in's setting. Absent: the stand-in's code, and perhaps ours, would have to change. */
  readonly setting?: string
  /** What the setting would have to be. @default - what was seen */
  readonly set?: string | number | boolean
}

const NO_SETTING = 'no setting for it: change the stand-in, and look at what rests on it'

export const compare = (service: Service, comparison: Comparison): LiveFinding => {
  const { check, expected, seen, why = 'nothing was seen', setting, set = seen } = comparison
  const wanted = setting === undefined ? String(expected) : `${expected} (${setting})`
  if (seen === undefined) return { service, check, expected: wanted, seen: why, verdict: 'not seen' }
  const base = { service, check, expected: wanted, seen: String(seen) }
  if (seen === expected) return { ...base, verdict: 'agrees' }
  return { ...base, verdict: 'differs', advice: setting === undefined ? NO_SETTING : `set ${setting} to ${set}` }
}

/** What was to be checked was not: a failure of the run, whatever the services do. */
export const isBrokenOff = ({ brokeOff }: LiveFinding): boolean => brokeOff !== undefined

/** Whether a service answered at least one question. */
export const answeredBy = (findings: readonly LiveFinding[], service: Service): boolean =>
  findings.some((finding) => finding.service === service && finding.verdict !== 'not seen')

const EXPIRED = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'TokenRefreshRequired',
  'CredentialsProviderError',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
])

/** Whether a group broke off since the credentials have come to their end: under new ones it can go on. */
export const isExpired = ({ brokeOff }: LiveFinding): boolean => brokeOff !== undefined && EXPIRED.has(brokeOff)

/** A group of checks that share what they make; when it breaks off, its name stands for the rest. */
export interface CheckGroup {
  readonly name: string
  readonly service: Service
  readonly run: (found: (comparison: Comparison) => void) => Promise<void>
}

const faultOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  // Only our own words: a parser's or a vendor's may quote what it read.
  return error instanceof CheckBrokeOff ? error.message : error.name
}

/** A check could not go on; the message is safe to print. */
export class CheckBrokeOff extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CheckBrokeOff'
  }
}

/** Runs a group to its end or to where it breaks off. Never rejects. */
export const runGroup = async (
  group: CheckGroup,
  report: (finding: LiveFinding) => void,
): Promise<readonly LiveFinding[]> => {
  const findings: LiveFinding[] = []
  const add = (finding: LiveFinding): void => {
    findings.push(finding)
    report(finding)
  }
  try {
    await group.run((comparison) => add(compare(group.service, comparison)))
  } catch (error) {
    add({
      service: group.service,
      check: `the rest of: ${group.name}`,
      expected: 'to be checked',
      seen: `broke off: ${faultOf(error)}`,
      verdict: 'not seen',
      brokeOff: faultOf(error),
    })
  }
  return findings
}
