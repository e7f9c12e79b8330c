// Which calls need which right: every action of every statement that allows something is taken out in turn, and the calls that were evaluated are
// evaluated again. A call that is then denied needs that action, and one that the caller's policies and the resource's both allow needs it of each.
// An action that no call needs is one for whoever takes its role over. Pure.
import { lowerKeys, matchesAction } from '../../lambda/local/iam/pattern.ts'
import { hasVariables, type PolicyDocument, type Statement, statementsOf } from '../../lambda/local/iam/policy.ts'
import { contextOf, isService } from '../../lambda/local/iam/principal.ts'
import { type Evaluation, evaluateAgain } from '../../lambda/local/iam/rights.ts'
import { matchStatement, type RequestedAccess } from '../../lambda/local/iam/statement.ts'
import { textsOf } from '../../lambda/local/stand-in/fields.ts'

/** What one statement allows to do. */
export interface GivenRight {
  /** ARN of the role that has it, or of the resource whose policy gives it. */
  readonly holder: string
  /** Its Sid, or its place in the policy. */
  readonly statement: string
  readonly action: string
}

/** Whose policies allow a call: the caller's, or those of what it is about. */
export type Side = 'identity' | 'resource'

export interface UsedRight extends GivenRight {
  /** Calls that are denied without it, each once. */
  readonly neededBy: readonly string[]
  /** Calls that the other side alone allows without it, each once. */
  readonly sharedBy: readonly string[]
}

interface HeldPolicy {
  readonly side: Side
  readonly holder: string
  readonly document: PolicyDocument
}

/** A statement that allows a call. */
interface Grant extends HeldPolicy {
  readonly at: number
  /** Of its actions, those that are about the call. */
  readonly actions: readonly string[]
}

export const callOf = ({ caller, action, resource }: Evaluation): string =>
  `${isService(caller) ? caller.service : caller.principalArn.split('/').at(-1)} calls ${action} on ${resource}`

const policiesOf = ({ caller, resourcePolicy, guardedBy }: Evaluation): readonly HeldPolicy[] => [
  ...(isService(caller)
    ? []
    : caller.identityPolicies.map((document) => ({
        side: 'identity' as const,
        holder: caller.principalArn,
        document,
      }))),
  ...(resourcePolicy === undefined ? [] : [{ side: 'resource' as const, holder: guardedBy, document: resourcePolicy }]),
]

const accessOf = ({ caller, action, resource, context }: Evaluation): RequestedAccess => ({
  caller,
  action,
  resource,
  context: { ...lowerKeys(context), ...contextOf(caller) },
  multiValued: 'strict',
})

const grantsOf = (evaluation: Evaluation): readonly Grant[] => {
  const access = accessOf(evaluation)
  return policiesOf(evaluation).flatMap((held) =>
    statementsOf(held.document).flatMap((statement, at) => {
      const matched = matchStatement(statement, access, hasVariables(held.document))
      if (matched?.effect !== 'Allow') return []
      const actions = textsOf(statement.Action).filter((pattern) => matchesAction(pattern, access.action))
      return [{ ...held, at, actions }]
    }),
  )
}

/** Whose policies say that a call is allowed. */
export const sidesOf = (evaluation: Evaluation): readonly Side[] =>
  [...new Set(grantsOf(evaluation).map(({ side }) => side))].sort()

/** @returns the statements but for this action of this one; a statement that names all but some actions has none to take out */
const withoutAction = (document: PolicyDocument, at: number, action: string): PolicyDocument => ({
  ...(hasVariables(document) ? { Version: document.Version } : {}),
  Statement: statementsOf(document).flatMap((statement, index): readonly Statement[] => {
    if (index !== at) return [statement]
    const Action = textsOf(statement.Action).filter((one) => one !== action)
    return Action.length === 0 ? [] : [{ ...statement, Action }]
  }),
})

const withPolicy = (evaluation: Evaluation, before: PolicyDocument, after: PolicyDocument): Evaluation => {
  const { caller, resourcePolicy } = evaluation
  const swap = (one: PolicyDocument): PolicyDocument => (one === before ? after : one)
  return {
    ...evaluation,
    caller: isService(caller) ? caller : { ...caller, identityPolicies: caller.identityPolicies.map(swap) },
    resourcePolicy: resourcePolicy === undefined ? undefined : swap(resourcePolicy),
  }
}

const isAllowed = (evaluation: Evaluation): boolean => evaluateAgain(evaluation).decision === 'allowed'

const nameOfStatement = ({ Sid }: Statement, at: number): string =>
  typeof Sid === 'string' && Sid !== '' ? Sid : `statement ${at + 1}`

/** Each action that a policy allows. */
export const rightsIn = (document: PolicyDocument, holder: string): readonly GivenRight[] =>
  statementsOf(document).flatMap((statement, at) =>
    statement.Effect === 'Allow'
      ? textsOf(statement.Action).map((action) => ({ holder, statement: nameOfStatement(statement, at), action }))
      : [],
  )

interface Use {
  readonly right: GivenRight
  readonly neededBy: Set<string>
  readonly sharedBy: Set<string>
}

/** By policy: what each right of it is needed for. */
const createUses = () => {
  const uses = new Map<PolicyDocument, Map<string, Use>>()
  const idOf = (at: number, action: string): string => `${at} ${action}`
  return {
    add: ({ document, holder }: HeldPolicy): void => {
      if (uses.has(document)) return
      const rights = statementsOf(document).flatMap((statement, at) =>
        statement.Effect === 'Allow'
          ? textsOf(statement.Action).map((action) => {
              const right = { holder, statement: nameOfStatement(statement, at), action }
              return [idOf(at, action), { right, neededBy: new Set<string>(), sharedBy: new Set<string>() }] as const
            })
          : [],
      )
      uses.set(document, new Map(rights))
    },
    find: ({ document, at }: Grant, action: string): Use | undefined => uses.get(document)?.get(idOf(at, action)),
    all: (): readonly UsedRight[] =>
      [...uses.values()].flatMap((rights) =>
        [...rights.values()].map(({ right, neededBy, sharedBy }) => ({
          ...right,
          neededBy: [...neededBy],
          sharedBy: [...sharedBy],
        })),
      ),
  }
}

/** @param evaluations as the stand-in recorded them; the setting of keys with many values is the strict one */
export const usedRights = (evaluations: readonly Evaluation[]): readonly UsedRight[] => {
  const uses = createUses()
  for (const evaluation of evaluations) {
    for (const held of policiesOf(evaluation)) uses.add(held)
    if (!isAllowed(evaluation)) continue
    const call = callOf(evaluation)
    const sides = sidesOf(evaluation).length
    for (const grant of grantsOf(evaluation)) {
      const [action, another] = grant.actions
      // With another action of the same statement it is allowed as before.
      if (action === undefined || another !== undefined) continue
      const less = withPolicy(evaluation, grant.document, withoutAction(grant.document, grant.at, action))
      const use = uses.find(grant, action)
      if (!isAllowed(less)) use?.neededBy.add(call)
      else if (sidesOf(less).length < sides) use?.sharedBy.add(call)
    }
  }
  return uses.all()
}

/** Rights that none of these calls needs. */
export const unneededRights = (evaluations: readonly Evaluation[]): readonly GivenRight[] =>
  usedRights(evaluations).flatMap(({ neededBy, sharedBy, ...right }) =>
    neededBy.length + sharedBy.length === 0 ? [right] : [],
  )

export interface PoliciesNow {
  /** @returns undefined: the role is not there any more */
  readonly ofRole: (principalArn: string) => readonly PolicyDocument[] | undefined
  /** @default - as recorded */
  readonly ofResource?: (arn: string) => PolicyDocument | undefined
}

/** Calls that were allowed and would now be denied, with why. */
export const deniedNow = (
  evaluations: readonly Evaluation[],
  { ofRole, ofResource }: PoliciesNow,
): readonly string[] => {
  const found = evaluations.flatMap((evaluation) => {
    const { caller, guardedBy } = evaluation
    if (!isAllowed(evaluation)) return []
    const now = isService(caller) ? caller : { ...caller, identityPolicies: ofRole(caller.principalArn) ?? [] }
    const resourcePolicy = ofResource === undefined ? evaluation.resourcePolicy : ofResource(guardedBy)
    const { decision, because } = evaluateAgain({ ...evaluation, caller: now, resourcePolicy })
    return decision === 'allowed' ? [] : [`${callOf(evaluation)}: ${decision} by ${because} policies`]
  })
  return [...new Set(found)]
}
