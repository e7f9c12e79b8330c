// When Secrets Manager itself rotates, between its words and ours.
import type { RotationRulesType } from '@aws-sdk/client-secrets-manager'
import type { RotationRules } from '../../core/secret/secret.ts'

export const fromRules = ({
  AutomaticallyAfterDays: everyDays,
  ScheduleExpression: schedule,
  Duration: duration,
}: RotationRulesType): RotationRules => {
  // Days given as a rate come back as both; the expression is what was asked for then.
  if (schedule === undefined) return { everyDays: everyDays ?? 0 }
  return { schedule, ...(duration === undefined ? {} : { durationHours: Number.parseInt(duration, 10) }) }
}

export const toRules = (rules: RotationRules): RotationRulesType =>
  'everyDays' in rules
    ? { AutomaticallyAfterDays: rules.everyDays }
    : {
        ScheduleExpression: rules.schedule,
        Duration: rules.durationHours === undefined ? undefined : `${rules.durationHours}h`,
      }
