// What a notice is: a sentence for whoever is woken, a page of the runbook, and what brings it about. failure-alarms.ts makes rules and
// alarms of them; a part that has notices of its own lists them itself.
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { EventPattern } from 'aws-cdk-lib/aws-events'

export interface Notice {
  readonly id: string
  /** An anchor of the runbook. */
  readonly page: string
  readonly says: string
}

export interface EventNotice extends Notice {
  readonly pattern: EventPattern
  /** Where the event names the secret. */
  readonly secretAt: string
}

export interface MetricNotice extends Notice {
  readonly metric: IMetric
  readonly atLeast: number
  /** How many periods in a row. @default 1 */
  readonly periods?: number
  /**
   * Of a period without a figure. fine: nothing happened. unchanged: as before. wrong: it is a sign of life, and raises an alert when it stays
   * below `atLeast`.
   * @default 'fine'
   */
  readonly silence?: 'fine' | 'unchanged' | 'wrong'
}
