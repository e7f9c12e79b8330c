// Whether the policy of a key that somebody else owns lets through what the system needs: each statement that the stack would write for a key
// of its own must be covered by one that is there, as narrow or wider. It compares statements and evaluates nothing; what it cannot judge (a
// denial, the account's root that passes the decision on to IAM) is said, not guessed. Pure.

export interface KeyPolicyStatement {
  readonly Sid?: string
  readonly Effect: string
  readonly Principal?: unknown
  readonly Action?: unknown
  readonly Condition?: unknown
}

/** The last is an existing topic's (topic-check.ts), whose policy is compared in the same way. */
const USES = ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt', 'kms:Sign', 'sns:Publish']

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const texts = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? (value as readonly unknown[]) : [value]).filter((one) => typeof one === 'string')

const isStatement = (value: unknown): value is KeyPolicyStatement => isFields(value) && typeof value.Effect === 'string'

const statementsOf = (policy: unknown): readonly KeyPolicyStatement[] => {
  const list = isFields(policy) ? policy.Statement : undefined
  return (Array.isArray(list) ? (list as readonly unknown[]) : [list]).filter(isStatement)
}

const escaped = (text: string): string => text.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')

/** IAM's `*` and `?`; actions know no case. */
const fits = (pattern: string, text: string): boolean =>
  pattern === text || new RegExp(`^${escaped(pattern).replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(text)

const anyFits = (patterns: readonly string[], text: string): boolean => patterns.some((one) => fits(one, text))

const principalsOf = ({ Principal: principal }: KeyPolicyStatement): readonly string[] =>
  typeof principal === 'string' ? [principal] : isFields(principal) ? texts(principal.AWS) : []

/** Services come themselves, and no role's policy speaks for them. */
const servicesOf = ({ Principal: principal }: KeyPolicyStatement): readonly string[] =>
  isFields(principal) ? texts(principal.Service) : []

interface Condition {
  readonly operator: string
  readonly key: string
  readonly values: readonly string[]
}

/** `Equals` and `Like` differ in wildcards alone, and those are matched here. */
const conditionsOf = ({ Condition: condition }: KeyPolicyStatement): readonly Condition[] =>
  Object.entries(isFields(condition) ? condition : {}).flatMap(([operator, keys]) =>
    Object.entries(isFields(keys) ? keys : {}).map(([key, values]) => ({
      operator: operator.replace(/^(String|Arn)(Equals|Like)$/, 'Matches'),
      key: key.toLowerCase(),
      values: texts(values),
    })),
  )

const PRINCIPAL_ARN = 'aws:principalarn'

/** By the condition that names them. */
export const rolesNamedIn = (statement: KeyPolicyStatement): readonly string[] =>
  conditionsOf(statement).find(({ key }) => key === PRINCIPAL_ARN)?.values ?? []

/** A role that is named as a principal needs no condition that names it. */
const letsIn = (actual: KeyPolicyStatement, needed: KeyPolicyStatement): boolean => {
  const principals = principalsOf(actual)
  if (principals.includes('*')) return true
  const services = servicesOf(needed)
  if (services.length > 0) return services.every((service) => servicesOf(actual).includes(service))
  const roles = rolesNamedIn(needed)
  return roles.length > 0 && roles.every((role) => principals.includes(role))
}

/** Each condition that is there must be met by whoever meets the needed ones. */
const isNoNarrower = (actual: KeyPolicyStatement, needed: KeyPolicyStatement): boolean =>
  conditionsOf(actual).every((there) => {
    const wanted = conditionsOf(needed).find(({ key, operator }) => key === there.key && operator === there.operator)
    return wanted?.values.every((value) => anyFits(there.values, value)) === true
  })

const usesOf = (statement: KeyPolicyStatement): readonly string[] =>
  USES.filter((use) => anyFits(texts(statement.Action), use))

const allows = (actual: KeyPolicyStatement, action: string): boolean =>
  actual.Effect === 'Allow' && anyFits(texts(actual.Action), action)

/** The statements of the stack's own policy that let somebody use the key; who administers it, the root too, is its owner's affair. */
export const neededUses = (ownPolicy: unknown): readonly KeyPolicyStatement[] =>
  statementsOf(ownPolicy).filter(
    (statement) =>
      statement.Effect === 'Allow' &&
      usesOf(statement).length > 0 &&
      !principalsOf(statement).some((principal) => principal.endsWith(':root')),
  )

export interface KeyVerdict {
  /** Statements to add. */
  readonly missing: readonly KeyPolicyStatement[]
  /** Those of the missing that the account's root may stand for, when the roles' own policies allow it. */
  readonly leftToIam: readonly KeyPolicyStatement[]
  /** Whether a denial there may take away what a statement gives. */
  readonly hasDenial: boolean
}

const isRootOf = (account: string) => (actual: KeyPolicyStatement, action: string) =>
  allows(actual, action) &&
  conditionsOf(actual).length === 0 &&
  principalsOf(actual).some((one) => one === account || one.endsWith(`:iam::${account}:root`))

export const judgeKeyPolicy = (policy: unknown, needed: readonly KeyPolicyStatement[], account: string): KeyVerdict => {
  const there = statementsOf(policy)
  const isCovered = (statement: KeyPolicyStatement): boolean =>
    usesOf(statement).every((action) =>
      there.some((one) => allows(one, action) && letsIn(one, statement) && isNoNarrower(one, statement)),
    )
  const isLeft = (statement: KeyPolicyStatement): boolean =>
    servicesOf(statement).length === 0 &&
    usesOf(statement).every((action) => there.some((one) => isRootOf(account)(one, action)))
  const uncovered = needed.filter((statement) => !isCovered(statement))
  return {
    missing: uncovered.filter((statement) => !isLeft(statement)),
    leftToIam: uncovered.filter(isLeft),
    hasDenial: there.some(
      (one) => one.Effect === 'Deny' && USES.some((action) => anyFits(texts(one.Action), action) || !('Action' in one)),
    ),
  }
}

/** What to type for a key that cannot be used. One whose deletion is cancelled is left disabled. */
export const keyRepair = (state: string, keyId: string): string => {
  const enable = `aws kms enable-key --key-id ${keyId}`
  if (state === 'Disabled') return enable
  if (state === 'PendingDeletion') return `aws kms cancel-key-deletion --key-id ${keyId} && ${enable}`
  return `see what it waits for: aws kms describe-key --key-id ${keyId}`
}
