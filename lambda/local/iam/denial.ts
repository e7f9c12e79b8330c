// How AWS words a denial: "User: … is not authorized to perform: … on resource: … because no … policy allows the … action", or "with an
// explicit deny in a … policy" (IAM User Guide, "Troubleshoot access denied error messages").
import type { PolicyType, Verdict } from './evaluate.ts'
import { type Caller, isService } from './principal.ts'

const names: Readonly<Record<PolicyType, string>> = {
  identity: 'identity-based policy',
  resource: 'resource-based policy',
  boundary: 'permissions boundary',
  session: 'session policy',
  scp: 'service control policy',
}

const trust = (action: string, because: PolicyType): string =>
  /^sts:assumerole/i.test(action) && because === 'resource' ? 'role trust policy' : names[because]

const withArticle = (name: string): string => `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`

export interface DeniedCall {
  readonly caller: Caller
  readonly action: string
  readonly resource: string
}

/** @returns undefined: it was allowed */
export const denialMessage = (
  { caller, action, resource }: DeniedCall,
  { decision, because }: Verdict,
): string | undefined => {
  if (decision === 'allowed' || because === undefined) return undefined
  const who = isService(caller) ? caller.service : caller.arn
  const policy = trust(action, because)
  const reason =
    decision === 'explicitDeny'
      ? `with an explicit deny in ${withArticle(policy)}`
      : `because no ${policy} allows the ${action} action`
  return `User: ${who} is not authorized to perform: ${action} on resource: ${resource} ${reason}`
}
