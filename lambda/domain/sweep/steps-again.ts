// By which steps a stuck rotation is driven again.
import { type Labelled, type ManagedSecret, switchedAt, unfinishedVersion, versionLabelled } from '../fleet/fleet.ts'
import { holdOf, isRetired, overlapOf, periodOf, type StageSpans } from '../fleet/secret-tags.ts'
import { intentOfOrigin, isSettledOrigin, type Origin, readRequestToken } from '../rotation/request-token.ts'
import type { VersionEntry } from '../secret/secrets.ts'
import { type FreezeState, isPlanned, stops } from './freeze.ts'
import { settleAttempts, settleToken } from './settle-request.ts'

/**
 * The steps by which a stuck rotation is driven again. A planned switch is only brought to its end, never begun: without a value, its
 * AWSPENDING goes. Everything else starts over, as when Secrets Manager drives it again.
 */
export const stepsAgain = ({
  origin,
}: Labelled): readonly ('createSecret' | 'setSecret' | 'testSecret' | 'finishSecret')[] =>
  intentOfOrigin(origin) === 'rotate'
    ? ['testSecret', 'finishSecret']
    : ['createSecret', 'setSecret', 'testSecret', 'finishSecret']
