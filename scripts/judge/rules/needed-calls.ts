// needed-calls: the role of each function allows every call that the function makes, in spite of its own denials, and no call that it
// never makes. Who else may do what is not judged here.

import { textsOf } from '../../../lambda/local/stand-in/fields.ts'
import { conditionsHold, conditionsOf, matchesPattern, namesAction } from '../evaluate.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import { isMeant, neededBy, ofLambda } from '../needed-calls.ts'
import { policiesFor, policiesOf, type Statement } from '../policies.ts'
import { type JudgedResource, ofType, type Stack } from '../template.ts'

const find = finder('needed-calls')

/** Keys whose value is known of every call of the function. */
const contextOf = (stack: Stack, fn: JudgedResource, role: JudgedResource): Readonly<Record<string, string>> => ({
  'lambda:sourcefunctionarn': stack.arnOf(fn),
  'aws:principalarn': stack.arnOf(role),
  'aws:principalaccount': stack.account,
  'aws:securetransport': 'true',
  'aws:viaawsservice': 'false',
})

const isWithin = (outer: Statement, resource: string): boolean =>
  outer.Resource === undefined
    ? !textsOf(outer.NotResource).some((pattern) => matchesPattern(pattern, resource))
    : textsOf(outer.Resource).some((pattern) => matchesPattern(pattern, resource))

/** Whether any resource that is meant is left for which the call is allowed and not denied. */
const isAllowed = (
  statements: readonly Statement[],
  action: string,
  context: Readonly<Record<string, string>>,
  isMeantFor: (resource: string) => boolean,
): boolean => {
  const naming = statements.filter((statement) => namesAction(statement, action))
  const denials = naming.filter(
    (statement) =>
      statement.Effect === 'Deny' &&
      // What depends on the request is not known here.
      conditionsOf(statement).every(({ key }) => key.toLowerCase() in context) &&
      conditionsHold(statement, context),
  )
  const resources = naming.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Resource }) => textsOf(Resource))
  return resources.filter(isMeantFor).some((resource) => !denials.some((denial) => isWithin(denial, resource)))
}

const judgeFunction = (stack: Stack, fn: JudgedResource): readonly Finding[] => {
  const { FunctionName, Role } = fn.properties
  const needed = neededBy(String(FunctionName))
  const role = stack.find(Role)
  if (role === undefined) return []
  if (needed === undefined) return [find(stack, fn.id, 'the calls of this function are not listed in needed-calls.ts')]
  const { calls, demanded = [], optional = [] } = needed
  const statements = policiesFor(stack, role)
    .filter(({ kind }) => kind !== 'trust')
    .flatMap((policy) => policy.statements)
  const context = contextOf(stack, fn, role)
  const missing = [...calls, ...demanded].filter(
    (action) => !isAllowed(statements, action, context, (arn) => isMeant(String(FunctionName), action, arn)),
  )
  const allowed = statements.filter(({ Effect }) => Effect === 'Allow').flatMap(({ Action }) => textsOf(Action))
  const known = [...calls, ...demanded, ...optional]
  // A pattern stands for what AWS adds later, too.
  const unneeded = allowed.filter(
    (pattern) => !ofLambda.test(pattern) && !known.some((action) => pattern.toLowerCase() === action.toLowerCase()),
  )
  const exceptions = statements.filter(({ Effect, NotAction }) => Effect === 'Allow' && NotAction !== undefined)
  return [
    ...missing.map((action) => find(stack, fn.id, `calls ${action}, which ${role.id} does not allow`)),
    ...[...new Set(unneeded)].map((action) => find(stack, fn.id, `${role.id} allows ${action}, which it never calls`)),
    ...exceptions.map(({ NotAction }) =>
      find(stack, fn.id, `${role.id} allows all but ${textsOf(NotAction).join(', ')}`),
    ),
  ]
}

/** `…:function:<name>`, or an alias or version of it. */
const functionName = (arn: string): string | undefined =>
  /^arn:[^:]*:lambda:[^:]*:[^:]*:function:([^:*]+)/.exec(arn)?.[1]

/** A right to invoke what the stack does not have waits for whoever makes a function of that name. */
const judgeMissingFunctions = (stack: Stack): readonly Finding[] => {
  const present = new Set(ofType(stack, 'AWS::Lambda::Function').map(({ properties }) => properties.FunctionName))
  return policiesOf(stack)
    .filter(({ kind }) => kind === 'inline' || kind === 'managed')
    .flatMap(({ statedBy, statements }) =>
      statements
        .filter(({ Effect }) => Effect === 'Allow')
        .flatMap(({ Resource }) => textsOf(Resource).flatMap((arn) => functionName(arn) ?? []))
        .filter((name) => !present.has(name))
        .map((name) => find(stack, statedBy.id, `allows calls to the function ${name}, which the stack does not have`)),
    )
}

export const neededCallsRule: Rule = {
  id: 'needed-calls',
  judge: (stacks) =>
    stacks.flatMap((stack) => [
      ...ofType(stack, 'AWS::Lambda::Function').flatMap((fn) => judgeFunction(stack, fn)),
      ...judgeMissingFunctions(stack),
    ]),
}
