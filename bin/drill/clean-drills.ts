// What drills have left behind that were killed, or could not remove what they made: found by name and owner, and removed after a question.
import { Fault } from '../../lambda/core/base/fault.ts'
import { isDrill } from '../../lambda/core/clients/drill-client.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { shortNameOf } from '../../lambda/core/secret/stage-secrets.ts'
import { readFleet } from '../show/choose.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { type Ending, EXIT, exitOf } from '../terminal/command-fault.ts'
import { table } from '../terminal/table.ts'
import { count, span } from '../terminal/words.ts'

export interface CleanOptions {
  readonly dryRun?: true
  readonly yes?: true
}

const ageOf = ({ createdAt }: Secret, now: number): string =>
  createdAt === undefined ? 'of unknown age' : `made ${span(now - createdAt)} ago`

export const cleanDrills = async (context: CommandContext, { dryRun, yes }: CleanOptions): Promise<Ending> => {
  const view = await context.view()
  const { clientsApi } = await context.connect()
  const found = (await readFleet(context)).filter((secret) => isDrill(view.secretNamePrefix, secret))
  const nameOf = ({ name }: Secret): string => shortNameOf(view, name)
  const now = context.timing.now()
  if (found.length === 0 || dryRun === true) {
    return {
      json: { stage: context.stage, dryRun: dryRun === true, found: found.map(nameOf), removed: [], failed: [] },
      text:
        found.length === 0
          ? 'No drill has left anything.'
          : table(
              ['WOULD BE REMOVED', ''],
              found.map((secret) => [nameOf(secret), ageOf(secret, now)]),
            ),
      exitCode: EXIT.ok,
    }
  }
  const whose = found.map((secret) => `${nameOf(secret)} (${ageOf(secret, now)})`).join(', ')
  await context.screen.confirm(`Remove ${whose}? A drill that still runs would fail.`, yes === true)
  const removed: string[] = []
  const failed: { readonly name: string; readonly why: string }[] = []
  for (const secret of found) {
    try {
      await clientsApi.removeDrill(secret.name)
      removed.push(nameOf(secret))
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      failed.push({ name: nameOf(secret), why: error.message })
    }
  }
  const left = failed.map(({ name, why }) => `\n${name} is left: ${why}`).join('')
  return {
    json: { stage: context.stage, dryRun: false, found: found.map(nameOf), removed, failed },
    text: `${count(removed.length, 'drill')} removed: ${removed.join(', ') || 'none'}.${left}`,
    exitCode: exitOf({ done: removed.length, failed: failed.length }),
  }
}
