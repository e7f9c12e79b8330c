// What the phases of one campaign share.

import type { Shares } from './campaign.ts'
import type { ControlWish } from './campaign-control.ts'
import type { Durable } from './campaign-ports.ts'
import type { CampaignRequest } from './campaign-request.ts'
import type { CampaignTally } from './campaign-tally.ts'
import type { Campaigning } from './campaigning.ts'

export interface CampaignRun {
  readonly request: CampaignRequest
  /** What the request tokens are about. */
  readonly id: string
  /** Of this durable execution. */
  readonly executionId: string
}

/** Of one page. */
export interface Wave {
  readonly page: number
  readonly names: readonly string[]
}

export interface CampaignWork {
  readonly campaigning: Campaigning
  readonly durable: Durable
  readonly run: CampaignRun
  /** When the campaign began, epoch milliseconds: what one of the same id tried before is tried anew. */
  readonly startedAt: number
  readonly shares: Shares
  readonly tally: CampaignTally
  readonly wish: () => Promise<ControlWish | undefined>
  /** How long it has been paused so far; rebuilt on every replay. */
  pausedMs: number
}

/** Why the rest of the plan is not begun. */
export interface Stop {
  /** enough: too much failed. Else an operator's wish. */
  readonly why: 'enough' | 'stopped' | 'pausedTooLong'
  readonly explanation: string
}
