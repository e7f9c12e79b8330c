// A question about one role's call, with as much said as a test is about.
import type { AccessQuestion, CallersPolicies } from '../../../lambda/local/iam/evaluate.ts'
import { evaluateAccess } from '../../../lambda/local/iam/evaluate.ts'
import type { PolicyDocument } from '../../../lambda/local/iam/policy.ts'

export const ACCOUNT = '111111111111'
export const OTHER = '222222222222'
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/jobs/nightly/reports`
export const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/reports/run-1`
export const SECRET = `arn:aws:secretsmanager:eu-west-1:${ACCOUNT}:secret:m2m/prod/billing-AbCdEf`
export const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1111`
export const READ = 'secretsmanager:GetSecretValue'

export const policy = (...Statement: readonly object[]): PolicyDocument => ({ Version: '2012-10-17', Statement })

export const allow = (rest: object = {}): object => ({ Effect: 'Allow', Action: '*', Resource: '*', ...rest })
export const deny = (rest: object = {}): object => ({ Effect: 'Deny', Action: '*', Resource: '*', ...rest })

/** Of a resource's policy. */
export const allowTo = (Principal: unknown, rest: object = {}): object => allow({ Principal, ...rest })
export const denyTo = (Principal: unknown, rest: object = {}): object => deny({ Principal, ...rest })

interface Asked extends Partial<Omit<AccessQuestion, 'policies'>>, Partial<CallersPolicies> {}

export const caller = { arn: SESSION, principalArn: ROLE }
export const callerAbroad = {
  arn: `arn:aws:sts::${OTHER}:assumed-role/reader/run-1`,
  principalArn: `arn:aws:iam::${OTHER}:role/reader`,
}

/** @returns `allowed`, or why not: `implicitDeny: identity` */
export const decide = ({
  identityPolicies = [],
  boundary,
  sessionPolicies,
  serviceControlPolicies,
  ...rest
}: Asked): string => {
  const { decision, because } = evaluateAccess({
    caller,
    action: READ,
    resource: SECRET,
    context: {},
    policies: { identityPolicies, boundary, sessionPolicies, serviceControlPolicies },
    ...rest,
  })
  return because === undefined ? decision : `${decision}: ${because}`
}

/** Whether a condition holds in a request with these keys. */
export const holds = (Condition: object, context: AccessQuestion['context'] = {}): boolean =>
  decide({ identityPolicies: [policy(allow({ Condition }))], context }) === 'allowed'
