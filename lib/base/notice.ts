// What a notice is: a sentence for whoever is woken, a page of the runbook, and what brings it about. failure-alarms.ts makes rules and
// alarms of them; a part that has notices of its own lists them itself. What every notice of a page has in common, what it means for
// consumers and what to type, is the page's (runbook-pages.ts); where an event names a client, a reason and a time is its type's
// (event-facts.ts). So a notice says no more than what happened.
import type { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import type { EventPattern } from 'aws-cdk-lib/aws-events'
import type { Part } from '../config/stage-names.ts'
import type { RunbookPage } from './runbook-pages.ts'

export interface Notice {
  readonly id: string
  /** An anchor of the runbook. */
  readonly page: RunbookPage
  /** What happened, in one or two sentences without `<`, `>` or `"`, which EventBridge's templates cannot hold. */
  readonly says: string
  /** What to type, instead of what the page says; NAME is the secret's, ID an incident's or a campaign's. */
  readonly run?: string
  /** Whose log has the details. @default - that of the function whose part lists the notice */
  readonly log?: Part
}

export interface EventNotice extends Notice {
  readonly pattern: EventPattern
  /** Where the event names the secret, or what else it is about: by a name or an id where the path ends so, in a sentence otherwise. */
  readonly secretAt: string
  /** More of the event for the message, a label → a path. Only ids, times, numbers and words of ours (event-facts.ts). */
  readonly facts?: Readonly<Record<string, string>>
}

export interface MetricNotice extends Notice {
  readonly metric: Metric | MathExpression
  readonly atLeast: number
  /** In how many periods: of all within `quietHours`, or in a row where that is 0. @default 1 */
  readonly periods?: number
  /**
   * Of a period without a figure. fine: nothing happened. unchanged: as before. wrong: it is a sign of life, and raises an alert when it stays
   * below `atLeast`.
   * @default 'fine'
   */
  readonly silence?: 'fine' | 'unchanged' | 'wrong'
  /**
   * For something that happens, as against a state that lasts: after how many hours without it the alarm says that it is over. Until then
   * nothing is said again. 0: with the first period without it. At most 24, as CloudWatch looks back.
   * @default 1 where silence is fine, 0 otherwise
   */
  readonly quietHours?: number
}
