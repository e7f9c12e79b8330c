// Resource policies: kept, given back, and enforced where rights are. Checks the document's shape and, when asked to, that it is not
// public; AWS's own reasoning about a policy (Zelkova) goes further.
import { AwsFault } from './aws-fault.ts'
import { type Body, readInput, readSecretId } from './input.ts'
import { type AwsContext, type AwsOperations, checkNotDeleted, readSecret } from './operations.ts'
import type { AwsSettings } from './settings.ts'
import { identity } from './wire.ts'

type Json = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const malformed = (message: string): AwsFault => new AwsFault('MalformedPolicyDocumentException', message)

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value])

/** @returns the policy's statements. @throws MalformedPolicyDocumentException */
const parsePolicy = (text: string): Json[] => {
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    throw malformed('This resource policy contains invalid Json')
  }
  if (!isObject(policy) || policy.Statement === undefined) throw malformed('Syntax errors in policy: no Statement.')
  const statements = asList(policy.Statement)
  for (const statement of statements) {
    if (!isObject(statement)) throw malformed('Syntax errors in policy: a statement must be an object.')
    if (statement.Effect !== 'Allow' && statement.Effect !== 'Deny') throw malformed('Syntax errors in policy: Effect.')
    if (statement.Principal === undefined && statement.NotPrincipal === undefined) {
      throw malformed('This resource policy contains an unsupported principal: Missing required field Principal.')
    }
    if (statement.Action === undefined && statement.NotAction === undefined) {
      throw malformed('Syntax errors in policy: Missing required field Action.')
    }
  }
  return statements as Json[]
}

/** Keys that hold a caller to values (S3 user guide, "The meaning of public", whose list Secrets Manager's pages do not repeat). */
const HOLDING =
  /^aws:(PrincipalArn|PrincipalAccount|PrincipalOrgID|SourceArn|SourceAccount|SourceVpc|SourceVpce|SourceIp|userid)$/i

const isFixed = (value: unknown): boolean =>
  asList(value).every((one) => typeof one === 'string' && !/[*?]|\$\{/.test(one))

const holdsToFixedValues = (condition: Json): boolean =>
  Object.entries(condition).some(
    ([operator, keys]) =>
      /^(String|Arn)(Equals|Like)$|^IpAddress$/.test(operator) &&
      isObject(keys) &&
      Object.entries(keys).some(([key, value]) => HOLDING.test(key) && isFixed(value)),
  )

const isPublicStatement = (statement: Json, { publicPolicy }: Pick<AwsSettings, 'publicPolicy'>): boolean => {
  if (statement.Effect !== 'Allow') return false
  const principals = isObject(statement.Principal)
    ? Object.values(statement.Principal).flatMap(asList)
    : asList(statement.Principal)
  if (!principals.includes('*') && statement.NotPrincipal === undefined) return false
  const condition = isObject(statement.Condition) ? statement.Condition : {}
  return publicPolicy === 'fixedValues' ? !holdsToFixedValues(condition) : Object.keys(condition).length === 0
}

export const policyOperations = ({ store, settings }: AwsContext): AwsOperations => ({
  PutResourcePolicy: (body: Body) => {
    const input = readInput(body)
    const secretId = readSecretId(input)
    const text = input.requiredText('ResourcePolicy')
    const blocksPublic = input.flag('BlockPublicPolicy') === true
    const secret = checkNotDeleted(store.get(secretId))
    const statements = parsePolicy(text)
    if (blocksPublic && statements.some((one) => isPublicStatement(one, settings))) {
      throw new AwsFault(
        'PublicPolicyException',
        'You must not include a policy that allows broad access to the secret when BlockPublicPolicy is set.',
      )
    }
    secret.policy = text
    store.changed(secret)
    return identity(secret)
  },
  GetResourcePolicy: (body) => {
    const secret = checkNotDeleted(readSecret(store, body))
    return { ...identity(secret), ResourcePolicy: secret.policy }
  },
  DeleteResourcePolicy: (body) => {
    const secret = checkNotDeleted(readSecret(store, body))
    secret.policy = undefined
    store.changed(secret)
    return identity(secret)
  },
  ValidateResourcePolicy: (body) => {
    const input = readInput(body)
    const secretId = input.text('SecretId')
    const text = input.requiredText('ResourcePolicy')
    if (secretId !== undefined) store.get(secretId)
    const isPublic = parsePolicy(text).some((one) => isPublicStatement(one, settings))
    return {
      PolicyValidationPassed: !isPublic,
      ValidationErrors: isPublic
        ? [{ CheckName: 'NO_PUBLIC_ACCESS', ErrorMessage: 'The policy grants broad access to the secret.' }]
        : [],
    }
  },
})
