// Which calls need which right: every action of every statement that allows something is taken out in turn, and the calls that were evaluated are
// evaluated again. A call that is then denied needs that action; an action that no call needs is one for whoever takes its role over. Pure.
import { hasVariables, type PolicyDocument, type Statement, statementsOf } from '../../lambda/local/iam/policy.ts'
import { isService } from '../../lambda/local/iam/principal.ts'
import { type Evaluation, evaluateAgain } from '../../lambda/local/iam/rights.ts'
import { textsOf } from '../../lambda/local/stand-in/fields.ts'

/** What one statement allows to do. */
export interface GivenRight {
  /** ARN of the role that has it, or of the resource whose policy gives it. */
  readonly holder: string
  /** Its Sid, or its place in the policy. */
  readonly statement: string
  readonly action: string
}

export interface UsedRight extends GivenRight {
  /** Calls that are denied without it, each once. */
  readonly neededBy: readonly string[]
}

interface HeldPolicy {
  readonly holder: string
  readonly document: PolicyDocument
}

export const callOf = ({ caller, action, resource }: Evaluation): string =>
  `${isService(caller) ? caller.service : caller.principalArn.split('/').at(-1)} calls ${action} on ${resource}`

const policiesOf = ({ caller, resourcePolicy, guardedBy }: Evaluation): readonly HeldPolicy[] => [
  ...(isService(caller) ? [] : caller.identityPolicies.map((document) => ({ holder: caller.principalArn, document }))),
  ...(resourcePolicy === undefined ? [] : [{ holder: guardedBy, document: resourcePolicy }]),
]

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

interface Use {
  readonly holder: string
  readonly evaluations: Evaluation[]
}

/** Every policy that had a say in one of these calls, with the calls that were allowed. */
const usesOf = (evaluations: readonly Evaluation[]): ReadonlyMap<PolicyDocument, Use> => {
  const uses = new Map<PolicyDocument, Use>()
  for (const evaluation of evaluations) {
    for (const { holder, document } of policiesOf(evaluation)) {
      const use = uses.get(document) ?? { holder, evaluations: [] }
      if (isAllowed(evaluation)) use.evaluations.push(evaluation)
      uses.set(document, use)
    }
  }
  return uses
}

const nameOfStatement = ({ Sid }: Statement, at: number): string =>
  typeof Sid === 'string' && Sid !== '' ? Sid : `statement ${at + 1}`

/** Each action that a policy allows. */
export const rightsIn = (document: PolicyDocument, holder: string): readonly GivenRight[] =>
  statementsOf(document).flatMap((statement, at) =>
    statement.Effect === 'Allow'
      ? textsOf(statement.Action).map((action) => ({ holder, statement: nameOfStatement(statement, at), action }))
      : [],
  )

/** @param evaluations as the stand-in recorded them; the setting of keys with many values is the strict one */
export const usedRights = (evaluations: readonly Evaluation[]): readonly UsedRight[] =>
  [...usesOf(evaluations)].flatMap(([document, { holder, evaluations: allowed }]) =>
    statementsOf(document).flatMap((statement, at) => {
      if (statement.Effect !== 'Allow') return []
      const name = nameOfStatement(statement, at)
      return textsOf(statement.Action).map((action): UsedRight => {
        const changed = withoutAction(document, at, action)
        const denied = allowed.filter((evaluation) => !isAllowed(withPolicy(evaluation, document, changed)))
        return { holder, statement: name, action, neededBy: [...new Set(denied.map(callOf))] }
      })
    }),
  )

/** Rights that none of these calls needs. */
export const unneededRights = (evaluations: readonly Evaluation[]): readonly GivenRight[] =>
  usedRights(evaluations).flatMap(({ neededBy, ...right }) => (neededBy.length === 0 ? [right] : []))

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
