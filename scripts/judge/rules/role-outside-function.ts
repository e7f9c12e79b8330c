// role-outside-function: a function's role denies its own calls wherever they do not come from the function, so that whoever hands the
// role to a function of their own can do nothing with it that matters; and denies the function's code what only Lambda needs of it, the network.
// Clause: Lambda Developer Guide, "Using source function ARN to control function access behavior".
import { functionCallers, mayBy } from '../callers.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import type { Stack } from '../template.ts'

const find = finder('role-outside-function')

/** What only the function's code may do. KMS is not among it: Lambda itself decrypts settings as the role. */
const bound = /^(secretsmanager|s3|dynamodb):|^events:PutEvents$/

/** A role of a function, in the hands of another function or of none. */
const judgeOutside = (stack: Stack): readonly Finding[] =>
  functionCallers(stack).flatMap(({ context, fn, needed, ...caller }) => {
    const { 'lambda:sourcefunctionarn': _own, ...without } = context
    const elsewhere = { ...without, 'lambda:sourcefunctionarn': `${stack.arnOf(fn)}-other` }
    const actions = [...needed.calls, ...(needed.optional ?? [])].filter((action) => bound.test(action))
    return [without, elsewhere].flatMap((where) => {
      const open = actions.filter(
        (action) => mayBy({ ...caller, context: where }, { action, resource: '*' }) !== 'denied',
      )
      if (open.length === 0) return []
      const who = where === without ? 'outside of any function' : 'in another function'
      return [find(stack, caller.role.id, `does not deny its calls ${who}: ${open.join(', ')}`)]
    })
  })

/** Lambda makes network interfaces as the role, without the key that the function's own calls have. */
const judgeNetwork = (stack: Stack): readonly Finding[] =>
  functionCallers(stack).flatMap((caller) => {
    const actions = ['ec2:CreateNetworkInterface', 'ec2:DeleteNetworkInterface']
    const resource = `arn:aws:ec2:${stack.region}:${stack.account}:network-interface/eni-any`
    const open = actions.filter((action) => mayBy(caller, { action, resource }) === 'allowed')
    if (open.length === 0) return []
    return [find(stack, caller.role.id, `allows the function's own code ${open.join(', ')}, which only Lambda needs`)]
  })

export const roleOutsideFunction: Rule = {
  id: 'role-outside-function',
  judge: (stacks) => stacks.flatMap((stack) => [...judgeOutside(stack), ...judgeNetwork(stack)]),
}
