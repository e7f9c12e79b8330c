// Who may report a leak, and which rule takes it to the incident function: for each source its roles on the bus, and its rule. A source
// that nobody may use has neither.

import { CfnRule, type EventBus, type EventPattern, type IRuleTarget, Rule } from 'aws-cdk-lib/aws-events'
import type { Construct } from 'constructs'
import { leakSources } from '../../lambda/core/base/event-types.ts'
import { leakRules as allRules, type LeakRule } from '../../lambda/env/leak-rules.ts'
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

const toPattern = ({ pattern }: LeakRule): EventPattern => ({
  source: [...pattern.source],
  detailType: [...pattern['detail-type']],
  detail: pattern.detail,
})

/** The patterns of the sources that somebody may use. */
export const leakRulePatterns = (
  speakers: Speakers,
): readonly { readonly id: string; readonly pattern: EventPattern }[] =>
  allRules
    .filter(({ source }) => speakers[source] !== undefined)
    .map((rule) => ({ id: rule.id, pattern: toPattern(rule) }))

export interface LeakRuleProps {
  readonly bus: EventBus
  readonly speakers: Speakers
  readonly target: IRuleTarget
}

/** For the incident function's construct. */
export const addLeakRules = (scope: Construct, { bus, speakers, target }: LeakRuleProps): readonly Rule[] =>
  leakRulePatterns(speakers).map(({ id, pattern }) => {
    const rule = new Rule(scope, id, {
      eventBus: bus,
      description: `${pattern.source?.join()}: a leak that was reported goes to the incident function`,
      eventPattern: pattern,
      targets: [target],
    })
    const cfnRule = rule.node.defaultChild
    if (!(cfnRule instanceof CfnRule)) throw new Error('The rule has no CfnRule.')
    // An event that is replayed from an archive carries this field: an incident of last month starts nothing again.
    cfnRule.addPropertyOverride('EventPattern.replay-name', [{ exists: false }])
    return rule
  })
