// managed-rights: a managed policy is for whoever attaches it, the operators. It allows no reading or changing of the clients' secrets.
import { clientSecretOf, mayBy, ownStranger } from '../callers.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import { policiesOf } from '../policies.ts'
import type { Stack } from '../template.ts'

const find = finder('managed-rights')

/** Values are read by their readers' roles and by functions; who operates asks for rotations. */
const kept = [
  'secretsmanager:GetSecretValue',
  'secretsmanager:BatchGetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecret',
  'secretsmanager:DeleteSecret',
  'secretsmanager:PutResourcePolicy',
  'secretsmanager:DeleteResourcePolicy',
]

const judgeManaged = (stack: Stack): readonly Finding[] => {
  const secret = clientSecretOf(stack)
  if (secret === undefined) return []
  return policiesOf(stack)
    .filter(({ kind }) => kind === 'managed')
    .flatMap(({ statedBy, statements }) => {
      const caller = { ...ownStranger(stack), rights: statements }
      const open = kept.filter((action) => mayBy(caller, { action, resource: secret }) === 'allowed')
      const says = `lets whoever has it call ${open.join(', ')} on the secrets of clients`
      return open.length === 0 ? [] : [find(stack, statedBy.id, says)]
    })
}

export const managedRights: Rule = {
  id: 'managed-rights',
  judge: (stacks) => stacks.flatMap(judgeManaged),
}
