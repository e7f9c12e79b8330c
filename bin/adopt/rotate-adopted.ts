// The first rotation of a client whose value is lost: asked for once the adoption's own dry run has let go of AWSPENDING, and waited for, since
// until then the secret holds nothing that works. Repeated, it does nothing where a value is in place.

import { Fault } from '../../lambda/core/base/fault.ts'
import { versionLabelled } from '../../lambda/core/secret/labels.ts'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { askOnce, waitForEnd } from '../rotate/await-rotation.ts'
import type { CommandContext } from '../terminal/command-context.ts'

const TIMEOUT_MS = 120_000

const notRotated = (secretArn: string, why: string): Fault =>
  new Fault({
    code: 'FUNCTION_NOT_ANSWERED',
    retryable: false,
    message: `${secretArn} was adopted, and its first rotation ${why}: adopt it again with --rotate, or see m2m status.`,
  })

/** @returns whether it was rotated now. @throws Fault when it was not, and must be. */
export const rotateAdopted = async (context: CommandContext, secretArn: string): Promise<boolean> => {
  const { secrets } = await context.connect()
  const secret = await secrets.describe(secretArn)
  if (secret === undefined) throw notRotated(secretArn, 'found it gone')
  // A value of a rotation is in place already.
  if (versionLabelled(secret, 'AWSCURRENT')?.origin !== 'adopt') return false
  const askedAt = context.timing.now()
  const token = makeRequestToken({ origin: 'rotate', askedAt, secretArn, about: context.newId(), attempt: 1 })
  const reply = await askOnce(context, secrets, { secretArn, token })
  if (reply !== 'asked') throw notRotated(secretArn, `was not started (${reply})`)
  const end = await waitForEnd(context, secrets, { secretArn, token, timeoutMs: TIMEOUT_MS })
  if (end !== 'done') throw notRotated(secretArn, end === 'refused' ? 'was refused' : 'is not finished')
  return true
}
