// The pattern of a rule on the bus for one type of event: a rule for a type that its source may not put would never match, and does
// not compile.

import type { EventPattern } from 'aws-cdk-lib/aws-events'
import { defined } from '../../lambda/core/base/defined.ts'
import type { EventSource, EventType } from '../../lambda/core/base/event-types.ts'

export const eventPattern = <Source extends EventSource>(
  source: Source,
  type: EventType<Source>,
  detail?: NonNullable<EventPattern['detail']>,
): EventPattern => ({ source: [source], detailType: [type], ...defined({ detail }) })
