// Who may report a leak: for each source its roles on the bus; and the rules that take what is reported to the incident function.

import { CfnRule, type EventBus, type EventPattern, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events'
import type { Construct } from 'constructs'
import { defined } from '../../lambda/core/base/defined.ts'
import { leakSources } from '../../lambda/core/base/event-types.ts'
import type { IncidentRule } from '../../lambda/env/leak-rules.ts'
import type { Speakers } from '../base/event-bus.ts'

export interface LeakReporters {
  /** The intake function's own role; none: there is no intake. */
  readonly intake: readonly string[]
  readonly security: readonly string[]
  readonly breakGlass: readonly string[]
}

/** Only sources that somebody may use: a deny with an empty list of exceptions cannot be written, and is not needed. */
export const leakSpeakers = ({ intake, security, breakGlass }: LeakReporters): Speakers =>
  Object.fromEntries(
    [
      [leakSources.intake, intake] as const,
      [leakSources.security, security] as const,
      [leakSources.breakGlass, breakGlass] as const,
    ].filter(([, roles]) => roles.length > 0),
  )

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
