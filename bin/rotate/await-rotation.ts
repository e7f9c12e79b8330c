// Asks Secrets Manager for one rotation and waits for its end, by its labels alone: AWSCURRENT on its token, or AWSPENDING gone without that.

import { pollUntil } from '../../lambda/core/base/poll-until.ts'
import { retry } from '../../lambda/core/base/retry.ts'
import type { RotationReply, Secrets } from '../../lambda/core/secret/secrets.ts'
import type { CommandContext } from '../terminal/command-context.ts'

interface AskedRotation {
  readonly secretArn: string
  readonly token: string
}

const POLL_MS = 500
/** A dry run of a schedule that was just set holds AWSPENDING for a moment. */
const BUSY_PATIENCE_MS = 20_000
/** DescribeSecret may be a moment behind RotateSecret: once is no proof. */
const SEEN_GONE = 2

export const askOnce = async (
  { timing }: CommandContext,
  secrets: Pick<Secrets, 'rotate'>,
  { secretArn, token }: AskedRotation,
): Promise<RotationReply> => {
  const until = timing.now() + BUSY_PATIENCE_MS
  return retry(
    () => secrets.rotate(secretArn, token),
    timing.wait,
    (end) => (end.status === 'fulfilled' && end.value === 'busy' && timing.now() < until ? POLL_MS : undefined),
  )
}

export const waitForEnd = async (
  { timing }: CommandContext,
  secrets: Pick<Secrets, 'describe'>,
  { secretArn, token, timeoutMs }: AskedRotation & { readonly timeoutMs: number },
): Promise<'done' | 'refused' | 'running'> => {
  let gone = 0
  const look = async () => {
    const labels = (await secrets.describe(secretArn))?.labels[token] ?? []
    if (labels.includes('AWSCURRENT')) return 'done'
    gone = labels.includes('AWSPENDING') ? 0 : gone + 1
    return gone >= SEEN_GONE ? 'refused' : 'running'
  }
  const polling = { timing, everyMs: POLL_MS, until: timing.now() + timeoutMs }
  return pollUntil(look, (seen) => seen !== 'running', polling)
}
