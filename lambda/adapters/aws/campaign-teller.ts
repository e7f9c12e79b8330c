// The event bus as the domain's CampaignTeller: the one event that a campaign ends with, under a source of its own.

import type { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { CAMPAIGN_SOURCE } from '../../core/base/event-types.ts'
import type { CampaignTeller } from '../../core/campaign/campaign-ports.ts'
import { createTeller } from './outcomes.ts'

export const createCampaignTeller = (client: EventBridgeClient, busName: string): CampaignTeller => {
  const teller = createTeller(client, busName, CAMPAIGN_SOURCE)
  return { tell: (news) => teller.emit([news]) }
}
