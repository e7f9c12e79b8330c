// Revokes without bus and incident function, by Secrets Manager alone, from here, as the incident function would.
import { rotationsPerSecond } from '../../lambda/core/campaign/campaign.ts'
import { DEPLOYED } from '../../lambda/core/rotation/bounds.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { CommandContext } from '../terminal/command-context.ts'

const AT_ONCE = 10

export const carryOutHere = async (
  context: CommandContext,
  targets: readonly Secret[],
  asked: { readonly incidentId: string; readonly since: number; readonly timeoutMs: number },
): Promise<void> => {
  const [{ carryOut }, { createRateLimiter }, { mapInParallel }] = await Promise.all([
    import('../../lambda/core/drive/carry-out.ts'),
    import('../../lambda/core/base/rate-limiter.ts'),
    import('../../lambda/core/base/worker-pool.ts'),
  ])
  const { secrets, stepsOf, questionsOf } = await context.connect()
  const { timing } = context
  const limiter = createRateLimiter({ perSecond: rotationsPerSecond(undefined), timing })
  await mapInParallel(targets, AT_ONCE, async (secret) => {
    const rotationFunctionArn = secret.rotationFunctionArn ?? ''
    const { incidentId: about, since } = asked
    const job = { secretId: secret.arn, intent: 'revoke', about, since, until: 'settled' } as const
    await carryOut(
      {
        secrets,
        steps: stepsOf(rotationFunctionArn),
        proofs: questionsOf(rotationFunctionArn),
        timing,
        limiter,
        rotationFunctionArn,
        bounds: DEPLOYED,
      },
      { ...job, patienceMs: asked.timeoutMs },
    )
  })
}
