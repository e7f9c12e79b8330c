// bus-admissions: whom a statement of the bus lets in, from this account or another, no denial beside it stops: the bus keeps one list of
// sources, one of speakers and one of types, and all of them have to agree.

import { toldTypes } from '../../../lib/base/told-types.ts'
import { mayOn, policyOn } from '../callers.ts'
import { conditionsOf } from '../evaluate.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import type { Statement } from '../policies.ts'
import { ofType, type Stack } from '../template.ts'

const find = finder('bus-admissions')

const valuesOf = (statement: Statement, key: string): readonly string[] =>
  conditionsOf(statement)
    .filter((one) => one.key.toLowerCase() === key && !one.operator.isNegated && one.operator.name !== 'null')
    .flatMap(({ values }) => values)

const judgeAdmitted = (stack: Stack): readonly Finding[] =>
  ofType(stack, 'AWS::Events::EventBus').flatMap((bus) => {
    const policy = policyOn(stack, bus)
    return policy
      .filter(({ Effect }) => Effect === 'Allow')
      .flatMap((statement) =>
        valuesOf(statement, 'aws:principalarn').flatMap((arn) =>
          valuesOf(statement, 'events:source').flatMap((source) => {
            const context = {
              'aws:principalarn': arn,
              'aws:principalaccount': arn.split(':')[4] ?? '',
              'aws:securetransport': 'true',
              'events:source': [source],
              'events:detail-type': toldTypes[source]?.slice(0, 1) ?? ['Anything'],
            }
            const call = { action: 'events:PutEvents', resource: stack.arnOf(bus) }
            const decision = mayOn(policy, { arn, rights: [], context }, call)
            return decision === 'allowed'
              ? []
              : [find(stack, bus.id, `${arn} is let in for ${source}, and another statement stops it: ${decision}`)]
          }),
        ),
      )
  })

export const busAdmissions: Rule = {
  id: 'bus-admissions',
  judge: (stacks) => stacks.flatMap(judgeAdmitted),
}
