// Why a call was denied, for people: AWS's own sentence, and which statement of which policy it comes from. From what the laptop's evaluator
// decided, whose policies are known; AWS itself names the kind of policy and no more.
import { AsyncLocalStorage } from 'node:async_hooks'
import { isJsonObject } from '../../core/base/json-object.ts'
import { type PolicyDocument, type Statement, statementsOf } from '../iam/policy.ts'
import { type Evaluation, evaluateAgain, type Rights } from '../iam/rights.ts'

export interface DenialSight {
  /** As AWS words it. */
  readonly message: string
  /** One sentence. */
  readonly why: string
  /** Of the statement that denies; null: none does, and none allows. */
  readonly statement: string | null
  /** Roles that the statement leaves out, by name. */
  readonly named: readonly string[]
}

const denialNames = new Set([
  'AccessDeniedException',
  'AccessDenied',
  'AuthorizationError',
  'AuthorizationErrorException',
])

const noted = new AsyncLocalStorage<{ message?: string }>()

/** What an SDK client sends, watched: adapters keep AWS's words to themselves, since they may quote a value. A denial quotes none. */
export const watched = async <Reply>(send: () => Promise<Reply>): Promise<Reply> => {
  try {
    return await send()
  } catch (error) {
    const note = noted.getStore()
    if (note !== undefined && error instanceof Error && denialNames.has(error.name)) note.message = error.message
    throw error
  }
}

/** @returns what the work came to, and AWS's words of the last call that was denied meanwhile. */
export const withDenial = async <Result>(
  work: () => Promise<Result>,
  onDenied: (message: string, error: unknown) => Result,
): Promise<Result> => {
  const note: { message?: string } = {}
  try {
    return await noted.run(note, work)
  } catch (error) {
    if (note.message === undefined) throw error
    return onDenied(note.message, error)
  }
}

const kinds: Readonly<Record<string, string>> = {
  secretsmanager: 'the secret',
  events: 'the event bus',
  lambda: 'the function',
  kms: 'the key',
}
const thingOf = (resource: string): string => kinds[resource.split(':')[2] ?? ''] ?? 'the resource'

/** `OnlyNamedRolesRead` leaves out these, by the last part of their ARNs. */
const namedIn = ({ Condition }: Statement): readonly string[] => {
  const conditions = isJsonObject(Condition) ? Object.values(Condition) : []
  const named = conditions.flatMap((one) => (isJsonObject(one) ? [one['aws:PrincipalArn']].flat() : []))
  return named.flatMap((arn) => (typeof arn === 'string' ? [arn.split(/[/:]/).at(-1) ?? arn] : []))
}

const statementIn = (policy: PolicyDocument | undefined, sid: string | undefined): Statement | undefined =>
  policy === undefined || sid === undefined ? undefined : statementsOf(policy).find(({ Sid }) => Sid === sid)

const reasonOf = (evaluation: Evaluation, role: string): Omit<DenialSight, 'message'> => {
  const { decision, because, action, resource, resourcePolicy } = evaluation
  const thing = thingOf(resource)
  const { sid } = evaluateAgain(evaluation)
  const statement = statementIn(resourcePolicy, sid)
  if (decision === 'explicitDeny') {
    const named = statement === undefined ? [] : namedIn(statement)
    const to = named.length === 0 ? '' : ' to every role that it does not name'
    const why = `The policy on ${thing} denies ${action}${to}, whatever the role’s own policies allow.`
    return { why, statement: sid ?? null, named }
  }
  const why =
    because === 'resource'
      ? `The policy on ${thing} does not allow ${action} to ${role}.`
      : `No policy of ${role} allows ${action}${resourcePolicy === undefined ? '' : `, and neither does the policy on ${thing}`}.`
  return { why, statement: null, named: [] }
}

/** @param accessKeyId whose call it was */
export const explainDenial = (rights: Rights | undefined, accessKeyId: string, message: string): DenialSight => {
  const mine = (rights?.evaluations() ?? []).filter(
    ({ caller }) => 'accessKeyId' in caller && caller.accessKeyId === accessKeyId,
  )
  const found = mine.findLast((one) => one.message === message)
  if (found === undefined) return { message, why: '', statement: null, named: [] }
  return { message, ...reasonOf(found, accessKeyId) }
}
