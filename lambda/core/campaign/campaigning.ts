// What the parts of a campaign share: what they may call, and what holds for the stage.

import type { Events } from '../base/events.ts'
import { Fault } from '../base/fault.ts'
import type { Journal } from '../base/journal.ts'
import { PATIENT_PAUSES_MS, retry } from '../base/retry.ts'
import type { Timing } from '../base/timing.ts'
import type { JobParts } from '../drive/carry-out.ts'
import type { HolderQuestions } from '../drive/holder-questions.ts'
import type { ProofQuestions } from '../drive/proof-questions.ts'
import type { RotationSteps } from '../drive/rotation-steps.ts'
import type { Freeze } from '../rotation/freeze.ts'
import type { ReadableRecords } from '../rotation/records.ts'
import type { StageSpans } from '../secret/secret-tags.ts'
import type { Secrets } from '../secret/secrets.ts'
import type { CampaignControl } from './campaign-control.ts'

interface CampaignRules {
  /** `m2m/<stage>/` */
  readonly secretNamePrefix: string
  /** Others that the stage's secrets may lie below. @default - none */
  readonly extraPrefixes?: readonly string[] | undefined
  readonly rotationFunctionArn: string
  readonly stage: StageSpans
  /** Of the whole campaign: rotationsPerSecond() of campaign.ts. */
  readonly rotationsPerSecond: number
}

export interface ClientSearch extends HolderQuestions {
  /** For the words about a client that no secret holds. */
  readonly listTagged: Secrets['listTagged']
}

export interface Campaigning {
  readonly secrets: JobParts['secrets'] & Pick<Secrets, 'list'>
  /** For clients that are given by their ids. @default - nothing is known of them */
  readonly clientSearch?: ClientSearch | undefined
  readonly steps: RotationSteps
  /** @default - the label of a settle is taken for its proof */
  readonly proofs?: ProofQuestions | undefined
  readonly freeze: Freeze
  /** @default - nobody can pause or stop a campaign */
  readonly control?: CampaignControl | undefined
  readonly bounds: JobParts['bounds']
  /** Where the rotation function noted when it switched. */
  readonly records: ReadableRecords
  readonly events: Events<'m2m.campaign'>
  readonly timing: Timing
  readonly journal: Journal
  readonly rules: CampaignRules
}

/** For a call on whose reply everything waits. @throws the last Fault */
export const persistently = <Reply>(timing: Pick<Timing, 'wait'>, call: () => Promise<Reply>): Promise<Reply> =>
  retry(call, timing.wait, (end, tries) => {
    const isPassing = end.status === 'rejected' && end.reason instanceof Fault && end.reason.retryable
    return isPassing ? PATIENT_PAUSES_MS[tries - 1] : undefined
  })
