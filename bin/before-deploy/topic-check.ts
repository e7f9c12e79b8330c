// Whether an existing topic is there, and whether its policy lets in what the stage publishes: the statements are those that the template puts
// out, and they are compared as a key's are.
import { isJsonObject } from '../../lambda/core/base/json-object.ts'
import type { Account } from './account.ts'
import { type CheckResult, notChecked, passed, problem } from './check.ts'
import { resolvedText, type Surroundings } from './intrinsics.ts'
import { judgeKeyPolicy, type KeyPolicyStatement } from './key-policy.ts'
import type { DeployTemplate } from './plan.ts'

/** Of the output that has the statements (lib/base/notifications.ts). */
const OUTPUT = /^Notifications.*TopicMustAllow/

/** None, where the stack makes its topics. */
export const topicStatementsIn = (
  { Outputs: outputs = {} }: DeployTemplate,
  around: Surroundings,
): readonly KeyPolicyStatement[] => {
  const value = Object.entries(outputs).find(([id]) => OUTPUT.test(id))?.[1].Value
  const text = value === undefined ? undefined : resolvedText(value, around)
  return text === undefined ? [] : (JSON.parse(text) as readonly KeyPolicyStatement[])
}

/** Without what denies only connections without TLS, which neither service uses: many topics have it. */
const besidesTls = (policy: unknown): unknown => {
  const statements =
    isJsonObject(policy) && Array.isArray(policy.Statement) ? (policy.Statement as readonly unknown[]) : []
  const isAboutTls = (one: unknown): boolean =>
    isJsonObject(one) &&
    one.Effect === 'Deny' &&
    ['"false"', 'false'].some((no) => JSON.stringify(one.Condition) === `{"Bool":{"aws:SecureTransport":${no}}}`)
  return { Statement: statements.filter((one) => !isAboutTls(one)) }
}

interface ExistingTopic {
  readonly arn: string
  readonly needed: readonly KeyPolicyStatement[]
  readonly account: string
}

export const checkTopic = async (
  { arn, needed, account: owner }: ExistingTopic,
  account: Pick<Account, 'topicPolicy'>,
): Promise<readonly CheckResult[]> => {
  const check = 'alarm topic'
  const policy = await account.topicPolicy(arn)
  if (policy === undefined) {
    return [problem(check, `${arn} does not exist`, 'make it first, or correct alarms.topicArn')]
  }
  const { missing, hasDenial } = judgeKeyPolicy(besidesTls(policy), needed, owner)
  if (missing.length > 0) {
    const sids = missing.map(({ Sid: sid = 'one' }) => sid).join(', ')
    const statements = missing.map((one) => JSON.stringify(one)).join(',\n')
    return [
      problem(
        check,
        `the policy of ${arn} does not cover ${sids}: nobody would be notified`,
        `add to it:\n${statements}`,
      ),
    ]
  }
  return hasDenial
    ? [
        notChecked(
          check,
          `the policy of ${arn} has a denial of publishing, which was not evaluated`,
          `read it: aws sns get-topic-attributes --topic-arn ${arn}`,
        ),
      ]
    : [passed(check, `${arn} takes what alarms and rules publish`)]
}
