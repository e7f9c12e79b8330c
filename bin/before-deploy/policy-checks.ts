// Checks of policies before they stand: Secrets Manager is asked what it thinks of the policy that every secret would get, and the policy of a
// key that somebody else owns is compared with what the stack would write.
import type { Account } from './account.ts'
import { type CheckResult, notChecked, passed, problem } from './check.ts'
import { judgeKeyPolicy, type KeyPolicyStatement, type KeyVerdict, keyRepair, neededUses } from './key-policy.ts'
import type { PolicyOf } from './plan.ts'

export const checkSecretPolicies = async (
  policies: readonly PolicyOf[],
  account: Pick<Account, 'policyFaults'>,
): Promise<readonly CheckResult[]> => {
  const check = 'secret policy'
  const problems: CheckResult[] = []
  for (const { subject, text } of policies) {
    for (const fault of await account.policyFaults(text)) {
      const todo = 'report it, with the line above: aws secretsmanager validate-resource-policy says the same'
      problems.push(problem(check, `Secrets Manager would refuse the policy of ${subject}: ${fault}`, todo))
    }
  }
  const different = policies.length === 1 ? 'the policy' : `each of ${policies.length} different policies`
  return problems.length > 0 ? problems : [passed(check, `Secrets Manager accepts ${different}`)]
}

export interface ForeignKey {
  /** Where the configuration names it: `keyArn`, `replicas[0].keyArn`. */
  readonly setting: string
  readonly arn: string
  /** Whose statements docs/deploying.md has. */
  readonly section: string
  /** What the stack would write for a key of its own. */
  readonly ownPolicy: unknown
  readonly account: string
  /** Where the key must be. */
  readonly region: string
}

const printed = (statements: readonly KeyPolicyStatement[]): string =>
  statements.map((one) => JSON.stringify(one)).join(',\n')

const verdictOf = ({ arn }: ForeignKey, { missing, leftToIam, hasDenial }: KeyVerdict): readonly CheckResult[] => {
  const sids = (statements: readonly KeyPolicyStatement[]): string =>
    statements.map(({ Sid: sid = 'one' }) => sid).join(', ')
  const results: CheckResult[] = []
  if (missing.length > 0) {
    const what = `the policy of ${arn} does not cover ${sids(missing)}`
    results.push(problem('key policy', what, `add to it:\n${printed(missing)}`))
  }
  if (leftToIam.length > 0) {
    const what = `the policy of ${arn} leaves ${sids(leftToIam)} to each role's own policy, which was not looked at`
    results.push(notChecked('key policy', what, `add to it, and it no longer matters:\n${printed(leftToIam)}`))
  }
  if (hasDenial && missing.length === 0) {
    const what = `the policy of ${arn} has a denial of using the key, which was not evaluated`
    results.push(notChecked('key policy', what, `read it: aws kms get-key-policy --key-id ${arn}`))
  }
  return results.length > 0 ? results : [passed('key policy', `that of ${arn} covers all that is needed`)]
}

export const checkForeignKey = async (
  key: ForeignKey,
  account: Pick<Account, 'key' | 'keyPolicy'>,
): Promise<readonly CheckResult[]> => {
  const [, , , region, owner] = key.arn.split(':')
  if (region !== key.region) {
    const what = `${key.arn} is a key of ${region}, and is used in ${key.region}, where its own Region's alone are taken`
    return [problem('key policy', what, `set ${key.setting} to a key of ${key.region}`)]
  }
  if (owner !== key.account) {
    const what = `${key.arn} belongs to ${owner}, and AWS shows a key's policy to its own account only`
    return [notChecked('key policy', what, `have its owner add what docs/deploying.md says, "${key.section}"`)]
  }
  const { state } = await account.key(key.arn)
  if (state !== 'Enabled') {
    return [problem('key policy', `${key.arn} is ${state}`, keyRepair(state, key.arn))]
  }
  const verdict = judgeKeyPolicy(await account.keyPolicy(key.arn), neededUses(key.ownPolicy), key.account)
  return verdictOf(key, verdict)
}
