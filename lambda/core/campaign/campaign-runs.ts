// Which executions are runs of one campaign: the first, and whatever repeats it. Pure.

import { filled, type JsonObject } from '../base/json-object.ts'

interface Run {
  /** The execution's. */
  readonly name: string
  /** As it was given. */
  readonly input: JsonObject
}

/** What repeated requests join: an incident's id, a campaign's, or the execution's own name. */
export const campaignIdOf = ({ input, name }: Run): string =>
  filled(input.incidentId) ?? filled(input.campaignId) ?? name

/** Under one incident there may be campaigns about different secrets, none of which repeats another. */
export const isSameCampaign = (one: Run, other: Run): boolean =>
  campaignIdOf(one) === campaignIdOf(other) &&
  one.input.intent === other.input.intent &&
  JSON.stringify(one.input.selector) === JSON.stringify(other.input.selector)
