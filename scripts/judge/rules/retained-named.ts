// retained-named: what is kept and has a fixed name is in the way of a deployment that follows a failed first one. CloudFormation keeps
// it on update and delete, and deletes it when the creation is rolled back, with DeletionPolicy RetainExceptOnCreate and
// UpdateReplacePolicy Retain (CloudFormation Template Reference, "DeletionPolicy attribute").

import { kindOf } from '../../../lambda/local/stack/kinds.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import type { JudgedResource, Stack } from '../template.ts'

const find = finder('retained-named')

const judgeOne = (
  stack: Stack,
  { id, type, properties, deletionPolicy, updateReplacePolicy }: JudgedResource,
): readonly Finding[] => {
  const { name } = kindOf(type)
  const given = name === undefined ? undefined : properties[name]
  if (given !== undefined && deletionPolicy === 'Retain') {
    return [
      find(
        stack,
        id,
        `${String(given)} is retained when its creation is rolled back, and in the way of the next deployment`,
      ),
    ]
  }
  if (deletionPolicy === 'RetainExceptOnCreate' && updateReplacePolicy !== 'Retain') {
    return [
      find(stack, id, 'is kept when it is deleted, but not when it is replaced: set UpdateReplacePolicy to Retain'),
    ]
  }
  return []
}

export const retainedNamed: Rule = {
  id: 'retained-named',
  judge: (stacks) => stacks.flatMap((stack) => stack.resources.flatMap((resource) => judgeOne(stack, resource))),
}
