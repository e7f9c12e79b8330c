// A rotation that is stuck – its AWSPENDING stands on a version that did not become AWSCURRENT – is brought to an end by the rotation
// function, which alone sees whether Stytch accepts the value that hides there, and alone takes the label away (docs/decisions/051). Sweep,
// campaign and incident ask here.

import { Fault } from '../base/fault.ts'
import type { Timing } from '../base/timing.ts'
import type { Labelled } from '../secret/labels.ts'
import type { Secret } from '../secret/secret.ts'
import type { Secrets } from '../secret/secrets.ts'
import { STEP_TIMEOUT_MS } from '../secret/step-timeout.ts'
import type { RotationSteps, StepReply } from './rotation-steps.ts'
import { stepsAgain } from './steps-again.ts'

interface Driving {
  readonly secrets: Pick<Secrets, 'describe'>
  readonly steps: RotationSteps
  readonly timing: Pick<Timing, 'remainingMs'>
}

interface StuckRotation {
  readonly secretArn: string
  readonly stuck: Labelled
  /** Whoever drives it on has asked for it and wants it still. @default - it is only brought to its end */
  readonly isWanted?: boolean
}

/**
 * finished: AWSCURRENT sits on its version. ended: AWSPENDING is gone from it. left: it stands there still – Stytch or the function does
 * not answer, or its value is the only one that works. failed is `left` because a step may succeed later.
 */
type DriveEnd = 'finished' | 'ended' | 'left' | 'failed'

/** The function's own timeout, and the way there and back. */
const ANSWER_WITHIN_MS = STEP_TIMEOUT_MS + 3000
/** No step is asked for that could outlive us: whoever drives must still report how it ended. */
export const DRIVEN_STEP_MS = ANSWER_WITHIN_MS + 15_000

const noTime = (secretArn: string): Fault =>
  new Fault({
    code: 'TIME_TOO_SHORT',
    retryable: true,
    message: `Too little time is left to drive the stuck rotation of ${secretArn} again; the next sweep does.`,
  })

const faultOr = async <Value>(call: () => Promise<Value>): Promise<Value | Fault> => {
  try {
    return await call()
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
}

/** What the last step that was asked for said; a Fault: it did not come to that. */
const drive = async (
  { steps, timing }: Driving,
  { secretArn, stuck, isWanted }: StuckRotation,
): Promise<StepReply | Fault> => {
  for (const step of stepsAgain(stuck, isWanted)) {
    if (timing.remainingMs() < DRIVEN_STEP_MS) return noTime(secretArn)
    const asked = { step, secretId: secretArn, requestToken: stuck.versionId, timeoutMs: ANSWER_WITHIN_MS }
    const reply = await faultOr(() => steps.ask(asked))
    // A test that refuses leaves some of what it saw for finishSecret to name and to clear; a value that fails it is not switched to.
    const mayGoOn = reply === 'done' || (reply === 'refused' && step === 'testSecret')
    if (!mayGoOn) return reply
  }
  return 'done'
}

export interface Driven {
  readonly end: DriveEnd
  /** As it is now. */
  readonly secret: Secret
  /** What went wrong, when no answer came. */
  readonly fault?: Fault
}

/** @returns undefined: the secret is gone. @throws Fault when the labels cannot be read. */
export const driveAgain = async (driving: Driving, rotation: StuckRotation): Promise<Driven | undefined> => {
  const { secretArn, stuck } = rotation
  const reply = await drive(driving, rotation)
  const secret = await driving.secrets.describe(secretArn)
  if (secret === undefined) return undefined
  const labels = secret.labels[stuck.versionId] ?? []
  if (labels.includes('AWSCURRENT')) return { end: 'finished', secret }
  if (!labels.includes('AWSPENDING')) return { end: 'ended', secret }
  if (reply instanceof Fault) return { end: 'failed', secret, fault: reply }
  return { end: reply === 'failed' ? 'failed' : 'left', secret }
}
