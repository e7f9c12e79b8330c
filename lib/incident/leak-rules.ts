// The rules that take what is reported of leaks to the incident function.

import { CfnRule, type EventBus, type EventPattern, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events'
import type { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import type { IncidentRule } from '../../lambda/env/leak-rules.ts'

const toPattern = ({ pattern: { source, detail, 'detail-type': detailType } }: IncidentRule): EventPattern => ({
  detailType: [...detailType],
  ...defined({ source: source === undefined ? undefined : [...source], detail }),
})

export interface IncidentRuleProps {
  readonly bus: EventBus
  readonly rules: readonly IncidentRule[]
  readonly target: IRuleTarget
}

/** For the incident function's construct. */
export const addIncidentRules = (scope: Construct, { bus, rules, target }: IncidentRuleProps): readonly Rule[] =>
  rules.map((one) => {
    const rule = new Rule(scope, one.id, {
      eventBus: bus,
      description: one.says,
      eventPattern: toPattern(one),
      targets: [target],
    })
    const cfnRule = rule.node.defaultChild
    if (!(cfnRule instanceof CfnRule)) throw new Error('The rule has no CfnRule.')
    // An event that is replayed from an archive carries this field: an incident of last month starts nothing again.
    cfnRule.addPropertyOverride('EventPattern.replay-name', [{ exists: false }])
    return rule
  })
