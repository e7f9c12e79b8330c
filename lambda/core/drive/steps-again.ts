// By which steps a stuck rotation is driven again.

import type { Labelled } from '../secret/labels.ts'
import { intentOfOrigin } from '../secret/request-token.ts'

/**
 * The steps by which a stuck rotation is driven again. A planned switch is only brought to its end, never begun: without a value, its
 * AWSPENDING goes. Everything else starts over, as when Secrets Manager drives it again; so does a switch that is wanted still, since an
 * outage that kept it from its value must not use it up.
 */
export const stepsAgain = (
  { origin }: Labelled,
  isWanted = false,
): readonly ('createSecret' | 'setSecret' | 'testSecret' | 'finishSecret')[] =>
  intentOfOrigin(origin) === 'rotate' && !isWanted
    ? ['testSecret', 'finishSecret']
    : ['createSecret', 'setSecret', 'testSecret', 'finishSecret']
