// All rules together, over stacks that are deployed side by side.
import type { Finding, Rule, Settings } from './finding.ts'
import { DEFAULT_CONCURRENCY_QUOTA } from './quotas.ts'
import { servicePrincipal } from './rules/acting-principals.ts'
import { busAdmissions } from './rules/bus-admissions.ts'
import { callsGetThrough } from './rules/calls-get-through.ts'
import { concurrency } from './rules/concurrency.ts'
import { conditionKeys } from './rules/condition-keys.ts'
import { managedRights } from './rules/managed-rights.ts'
import { names } from './rules/names.ts'
import { neededCallsRule } from './rules/needed-calls.ts'
import { openPolicy } from './rules/open-policy.ts'
import { policySize } from './rules/policy-size.ts'
import { retainedNamed } from './rules/retained-named.ts'
import { roleOutsideFunction } from './rules/role-outside-function.ts'
import { roleTrust } from './rules/role-trust.ts'
import { strangers } from './rules/strangers.ts'
import type { Stack } from './template.ts'

export const rules: readonly Rule[] = [
  servicePrincipal,
  policySize,
  names,
  retainedNamed,
  concurrency,
  conditionKeys,
  neededCallsRule,
  openPolicy,
  roleTrust,
  callsGetThrough,
  strangers,
  roleOutsideFunction,
  busAdmissions,
  managedRights,
]

export const defaultSettings: Settings = { concurrencyQuota: DEFAULT_CONCURRENCY_QUOTA }

export const judge = async (stacks: readonly Stack[], settings = defaultSettings): Promise<readonly Finding[]> =>
  (await Promise.all(rules.map((rule) => rule.judge(stacks, settings)))).flat()
