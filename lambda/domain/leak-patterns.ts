// What a leaked credential of Stytch's looks like in a text: patterns that the detectors are given (docs/detectors), and by which
// what they found is read. Stytch's secrets have no prefix, so one is recognised by a client id that stands near it.
// Hyperscan's syntax, which GitHub takes: no look-around, no back-reference.

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

/** As Stytch makes one (stytch-api §4), or as the registrar does (client-id.ts). */
export const CLIENT_ID = `m2m-client-((test|live)-${UUID}|[0-9a-f]{32})`

/** What Stytch generates: 44 characters of base64url (stytch-api §4). An imported secret may be anything. */
export const CLIENT_SECRET = '[A-Za-z0-9_-]{44}'

/** Neither can go on here. */
const EDGE = '[^A-Za-z0-9_-]'
/** What may stand between the two: a few lines of a settings file, no more than some 200 characters. */
const BETWEEN = `${EDGE}([\\s\\S]{0,200}${EDGE})?`

export interface DetectorPattern {
  /** Before, the secret itself, after: GitHub's three fields. */
  readonly before: string
  readonly secret: string
  readonly after: string
}

/** For GitHub: the secret within 200 characters behind its client's id. */
export const githubPattern: DetectorPattern = {
  before: `${CLIENT_ID}${BETWEEN}`,
  secret: CLIENT_SECRET,
  after: `\\z|${EDGE}`,
}

/** A second pattern: the secret stands before the id. */
export const githubPatternReversed: DetectorPattern = {
  before: `\\A|${EDGE}`,
  secret: CLIENT_SECRET,
  after: `${BETWEEN}${CLIENT_ID}`,
}

/** For GitGuardian: a Python expression whose one named group is the secret, so that its hash is that of the secret alone. */
export const gitguardianPatterns = {
  behindId: `${CLIENT_ID}${BETWEEN}(?P<client_secret>${CLIENT_SECRET})`,
  beforeId: `(?P<client_secret>${CLIENT_SECRET})${BETWEEN}${CLIENT_ID}`,
} as const
