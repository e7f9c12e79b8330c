// The laptop whose functions call with the rights that the template gives their roles, and people beside them.
import { ADMINISTRATOR_ACCESS } from '../../lambda/local/iam/managed-policies.ts'
import { reportsLeaks, roleIdentity } from '../../lambda/local/iam/people.ts'
import type { PolicyDocument } from '../../lambda/local/iam/policy.ts'
import { createRights, type Evaluation, type Rights } from '../../lambda/local/iam/rights.ts'
import { type Laptop, startLaptop } from '../../lambda/local/laptop/laptop.ts'

const ACCOUNT = '000000000000'

const person = (accessKeyId: string, name: string, ...identityPolicies: readonly PolicyDocument[]) =>
  roleIdentity({ accessKeyId, roleArn: `arn:aws:iam::${ACCOUNT}:role/${name}`, identityPolicies })

export interface LaptopWithRights {
  readonly laptop: Laptop
  readonly rights: Rights
  /** Every question that was put about a function's call. */
  ofFunctions(): readonly Evaluation[]
  close(): Promise<void>
}

export const startLaptopWithRights = async (): Promise<LaptopWithRights> => {
  const rights = createRights({
    account: ACCOUNT,
    identities: [
      // Whoever uses the laptop without saying who it is has everything that the stage's policies leave to anybody.
      ...['laptop', 'admin'].map((key) => person(key, 'break-glass', ADMINISTRATOR_ACCESS)),
      person('operator', 'operator', ADMINISTRATOR_ACCESS),
      person('security', 'security', reportsLeaks('*', ['*'])),
    ],
  })
  const laptop = await startLaptop({ stytchPort: 0, awsPort: 0, onLog: () => {}, rights })
  return {
    laptop,
    rights,
    ofFunctions: () => rights.evaluations().filter(({ caller }) => 'context' in caller && caller.context !== undefined),
    close: () => laptop.close(),
  }
}
