// bus-admissions: no one puts events of another type than their source has, or of none. And whom a statement of the bus lets in, from this account or another, no denial beside it stops: the bus keeps one list of
// sources, one of speakers and one of types, and all of them have to agree.

import { eventTypesOf } from '../../../lambda/core/base/event-types.ts'
import { callerOf, functionCallers, type JudgedCaller, mayByEither, mayOn, policyOn } from '../callers.ts'
import { conditionsOf, type EvaluationContext } from '../evaluate.ts'
import { type Finding, finder, type Rule } from '../finding.ts'
import type { Statement } from '../policies.ts'
import { type JudgedResource, ofType, type Stack } from '../template.ts'

const find = finder('bus-admissions')

const valuesOf = (statement: Statement, key: string): readonly string[] =>
  conditionsOf(statement)
    .filter((one) => one.key.toLowerCase() === key && !one.operator.isNegated && one.operator.name !== 'null')
    .flatMap(({ values }) => values)

const putOn = (stack: Stack, bus: JudgedResource) => ({ action: 'events:PutEvents', resource: stack.arnOf(bus) })

/** Roles of whatever account that a statement lets in by name, with the source that it lets them speak as. */
const admittedTo = (
  policy: readonly Statement[],
): readonly { readonly caller: JudgedCaller; readonly source: string }[] =>
  policy
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap((statement) =>
      valuesOf(statement, 'aws:principalarn').flatMap((arn) =>
        valuesOf(statement, 'events:source').map((source) => ({ caller: callerOf(arn), source })),
      ),
    )

const judgeAdmitted = (stack: Stack): readonly Finding[] =>
  ofType(stack, 'AWS::Events::EventBus').flatMap((bus) => {
    const policy = policyOn(stack, bus)
    return admittedTo(policy).flatMap(({ caller, source }) => {
      const context = {
        'events:source': [source],
        'events:detail-type': eventTypesOf(source)?.slice(0, 1) ?? ['Anything'],
      }
      const decision = mayOn(policy, caller, { ...putOn(stack, bus), context })
      const says = `${caller.arn} is let in for ${source}, and another statement stops it: ${decision}`
      return decision === 'allowed' ? [] : [find(stack, bus.id, says)]
    })
  })

const otherTypes: readonly (readonly [string, EvaluationContext])[] = [
  ['of a type that its source does not have', { 'events:detail-type': ['Anything Else'] }],
  ['of no type', {}],
]

/** Also of who may speak as the source: by their type, evidence is archived and incidents start. */
const judgeTypes = (stack: Stack): readonly Finding[] =>
  ofType(stack, 'AWS::Events::EventBus').flatMap((bus) => {
    const policy = policyOn(stack, bus)
    const functions = functionCallers(stack).flatMap((caller) =>
      caller.needed.publishes === undefined ? [] : [{ caller, source: caller.needed.publishes }],
    )
    return [...functions, ...admittedTo(policy)].flatMap(({ caller, source }) =>
      otherTypes
        .filter(([, context]) => {
          const call = { ...putOn(stack, bus), context: { 'events:source': [source], ...context } }
          return mayByEither(policy, caller, call) === 'allowed'
        })
        .map(([what]) => find(stack, bus.id, `${caller.arn} may put events of ${source} ${what}`)),
    )
  })

export const busAdmissions: Rule = {
  id: 'bus-admissions',
  judge: (stacks) => stacks.flatMap((stack) => [...judgeAdmitted(stack), ...judgeTypes(stack)]),
}
