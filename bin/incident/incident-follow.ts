// `m2m incident follow`: an incident that was reported elsewhere, or by a command that was interrupted. It only looks.
import { defined } from '../../lambda/core/base/defined.ts'
import { readSecrets } from '../../lambda/core/clients/survey-clients.ts'
import { isAskedBy } from '../../lambda/core/incident/incident-tokens.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import type { Work } from '../terminal/run.ts'
import { count } from '../terminal/words.ts'
import { watchToTheEnd } from './incident-end.ts'
import { stageOf, targetsNamed } from './incident-targets.ts'

interface FollowOptions {
  readonly bucket?: string
  readonly prefix?: string
  readonly report?: string
  readonly timeout: number
}

/** Every switch leaves its token under a label until two others came after it, and ListSecrets shows labels. */
const isOf = (incidentId: string, { arn, labels }: Secret): boolean =>
  Object.keys(labels).some((versionId) => isAskedBy(incidentId, arn, versionId))

interface Followed {
  readonly incidentId: string
  readonly prefix?: string
}

/** Those of the stage whose labels name the incident. */
export const labelledBy = async (
  context: CommandContext,
  { incidentId, prefix }: Followed,
): Promise<readonly Secret[]> => {
  const { secrets } = await context.connect()
  const stage = await stageOf(context, defined({ prefix }))
  return (await readSecrets({ secrets }, stage)).filter((secret) => isOf(incidentId, secret))
}

/** @throws CommandFault `usage` when nothing shows whom it is about */
const clientsOf = async (context: CommandContext, followed: Followed): Promise<readonly Secret[]> => {
  const { incidentId } = followed
  const found = await labelledBy(context, followed)
  if (found.length > 0) return found
  throw new CommandFault(
    EXIT.usage,
    `No secret of stage ${context.stage} carries a label of incident ${incidentId}: it has not started yet, or other rotations came after it. Name its clients (m2m incident follow ${incidentId} NAME), or ask the archive (m2m incident show ${incidentId}).`,
    { stage: context.stage, incidentId, outcome: 'nobody', clients: [] },
  )
}

export const follow: Work<FollowOptions> = async (context, options, [incidentId = '', ...names]) => {
  const { bucket, report, prefix, timeout } = options
  const about = { incidentId, ...defined({ prefix }) }
  const secrets =
    names.length === 0
      ? await clientsOf(context, about)
      : (await targetsNamed(context, { stage: await stageOf(context, defined({ prefix })), names })).secrets
  context.screen.note(`Incident ${incidentId}: ${count(secrets.length, 'client')}`)
  return watchToTheEnd(context, secrets, {
    incidentId,
    // A rotate about an incident is that of a grace, whoever gave it.
    isGraceful: true,
    until: context.timing.now() + timeout * 1000,
    isDirect: false,
    ...defined({ bucket, report }),
  })
}
