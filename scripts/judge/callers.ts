// Who calls, as the rules ask it of a stack's policies: a function's role inside of its function, and whoever is not meant to get in.
// What each may do by its own policies, what a resource's policy says of it, and what AWS puts into its requests.

import { textsOf } from '../../lambda/local/stand-in/fields.ts'
import { keyUsesOf } from './acts.ts'
import { type EvaluationContext, evaluatePolicies, matchesAction, type PolicyDecision } from './evaluate.ts'
import { isMeant, type NeededCalls, neededBy } from './needed-calls.ts'
import { policiesFor, type Statement } from './policies.ts'
import { type JudgedResource, ofType, type Stack } from './template.ts'

export interface JudgedCaller {
  readonly arn: string
  /** Of its own policies. */
  readonly rights: readonly Statement[]
  readonly context: EvaluationContext
}

export interface FunctionCaller extends JudgedCaller {
  readonly fn: JudgedResource
  readonly name: string
  readonly role: JudgedResource
  readonly needed: NeededCalls
}

const identity = (arn: string): EvaluationContext => ({
  'aws:principalarn': arn,
  'aws:principalaccount': arn.split(':')[4] ?? '',
  'kms:calleraccount': arn.split(':')[4] ?? '',
  'aws:securetransport': 'true',
  'aws:viaawsservice': 'false',
  'aws:principalisawsservice': 'false',
})

/** Each function whose calls are listed, as its role inside of it. */
export const functionCallers = (stack: Stack): readonly FunctionCaller[] =>
  ofType(stack, 'AWS::Lambda::Function').flatMap((fn) => {
    const name = String(fn.properties.FunctionName)
    const needed = neededBy(name)
    const role = stack.find(fn.properties.Role)
    if (needed === undefined || role === undefined) return []
    const rights = policiesFor(stack, role)
      .filter(({ kind }) => kind !== 'trust')
      .flatMap(({ statements }) => statements)
    const arn = stack.arnOf(role)
    const context = {
      ...identity(arn),
      'lambda:sourcefunctionarn': stack.arnOf(fn),
      'aws:resourceaccount': stack.account,
    }
    return [{ arn, rights, context, fn, name, role, needed }]
  })

const administration: readonly Statement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }]

/** A role without rights of its own, as far as the stack knows. */
export const callerOf = (arn: string): JudgedCaller => ({ arn, rights: [], context: identity(arn) })

const stranger = (account: string): JudgedCaller => {
  const arn = `arn:aws:iam::${account}:role/stranger`
  return { arn, rights: administration, context: identity(arn) }
}

/** A role with AdministratorAccess, which no policy of the stack names. */
export const ownStranger = ({ account }: Stack): JudgedCaller => stranger(account)

/** The same, of an account that no configuration names. */
export const foreignStranger = (): JudgedCaller => stranger('000000000000')

export const policyOn = (stack: Stack, resource: JudgedResource): readonly Statement[] =>
  policiesFor(stack, resource).flatMap(({ statements }) => statements)

export interface CallerCall {
  readonly action: string
  readonly resource: string
  readonly context?: EvaluationContext
}

/** What a request has in it, whoever sends it: without it, a denial of requests that lack it hides what else is open. */
export const inRequest: Readonly<Record<string, EvaluationContext>> = {
  's3:PutObject': { 's3:if-none-match': '*', 's3:tlsversion': '1.3' },
  'kms:Sign': { 'kms:messagetype': 'DIGEST', 'kms:signingalgorithm': 'ECDSA_SHA_256' },
}

/** The same, of a call that a function makes: to DynamoDB about its own records. */
export const inCallOf = ({ needed }: FunctionCaller, action: string): EvaluationContext => {
  const keys = needed.records?.[action]
  return keys === undefined ? (inRequest[action] ?? {}) : { 'dynamodb:leadingkeys': [`${keys}any`] }
}

/** By these policies alone. */
export const mayOn = (
  statements: readonly Statement[],
  caller: JudgedCaller,
  { action, resource, context = {} }: CallerCall,
): PolicyDecision =>
  evaluatePolicies(statements, { principal: caller.arn, action, resource, context: { ...caller.context, ...context } })

/** By the caller's own policies alone. */
export const mayBy = (caller: JudgedCaller, call: CallerCall): PolicyDecision => mayOn(caller.rights, caller, call)

/** Within an account, a permission of either side is enough, and a denial of either side is final. */
export const mayByEither = (policy: readonly Statement[], caller: JudgedCaller, call: CallerCall): PolicyDecision =>
  mayOn([...caller.rights, ...policy], caller, call)

/** What the caller's own policies allow an action on. */
export const allowedOn = ({ rights }: JudgedCaller, action: string): readonly string[] =>
  rights
    .filter(({ Effect, Action }) => Effect === 'Allow' && textsOf(Action).some((one) => matchesAction(one, action)))
    .flatMap(({ Resource }) => textsOf(Resource))

/** Keys that sign encrypt nothing. */
export const isSigningKey = ({ properties }: JudgedResource): boolean => properties.KeyUsage === 'SIGN_VERIFY'

/** Keys that encrypt nothing else of the stack: those of secrets. */
export const secretKeysOf = (stack: Stack): readonly JudgedResource[] => {
  const others = new Set(keyUsesOf(stack).map(({ key }) => key))
  return ofType(stack, 'AWS::KMS::Key').filter((key) => !others.has(key) && !isSigningKey(key))
}

/** A secret of one of the stage's clients, by what the functions that read those may read. */
export const clientSecretOf = (stack: Stack): string | undefined =>
  functionCallers(stack)
    .filter(({ needed }) => needed.ownSecrets !== true)
    .flatMap((caller) =>
      allowedOn(caller, 'secretsmanager:GetSecretValue').filter((arn) =>
        isMeant(caller.name, 'secretsmanager:GetSecretValue', arn),
      ),
    )
    .find((arn) => arn.endsWith('/*'))
    ?.replace(/\*$/, 'any-client-AbCdEf')
