// `m2m hold` and `m2m release`: a mark on a secret. While it is there, no planned rotation and no settle begins; a revoke ignores it. Written
// with the caller's own rights, as a tag.
import type { Command } from 'commander'
import { defined } from '../../lambda/core/base/defined.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import { forEachLimited } from '../../lambda/core/base/for-each-limited.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { holdOf, TAG } from '../../lambda/core/secret/secret-tags.ts'
import { shortNameOf } from '../../lambda/core/secret/stage-secrets.ts'
import { addChoice, type Choice, type ChosenSecrets, choose } from '../show/choose.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { type Ending, exitOf } from '../terminal/command-fault.ts'
import { addCaution } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { table } from '../terminal/table.ts'
import { count, iso } from '../terminal/words.ts'

interface HoldOptions extends Omit<Choice, 'names'> {
  readonly dryRun?: true
  readonly yes?: true
}

interface Marking {
  readonly verb: 'hold' | 'release'
  /** Whether there is anything to write. */
  readonly isWanted: (secret: Secret) => boolean
  readonly mark: (secret: Secret) => Promise<void>
  readonly done: string
  readonly idle: string
}

const MARKED_AT_ONCE = 10
/** Of the 50 TagResource and UntagResource a second that the whole account has. */
const MARKED_PER_SECOND = 20

const markAll = async (
  context: CommandContext,
  { verb, isWanted, mark, done, idle }: Marking,
  { secrets, counts, options }: ChosenSecrets & { readonly options: HoldOptions },
): Promise<Ending> => {
  const view = await context.view()
  const wanted = secrets.filter(isWanted)
  const nameOf = ({ name }: Secret): string => shortNameOf(view, name)
  const isDryRun = options.dryRun === true
  if (!isDryRun && wanted.length > 1) {
    await context.screen.confirm(
      `${verb} ${count(wanted.length, 'client')} in stage ${context.stage}?`,
      options.yes === true,
    )
  }
  const failures = new Map<string, string>()
  const progress = context.screen.progress(verb === 'hold' ? 'Holding' : 'Releasing')
  let ended = 0
  const pace = {
    timing: context.timing,
    concurrency: MARKED_AT_ONCE,
    perSecond: MARKED_PER_SECOND,
    isThrottle: (error: unknown) => error instanceof Fault && error.retryable,
    onFailure: (secret: Secret, error: unknown) => {
      failures.set(secret.arn, error instanceof Fault ? error.message : 'an unforeseen failure')
    },
  }
  await forEachLimited(isDryRun ? [] : wanted, pace, async (secret) => {
    await mark(secret)
    ended += 1
    progress.at(ended, wanted.length)
  })
  progress.end()
  const results = secrets.map((secret) => ({
    name: nameOf(secret),
    outcome: !isWanted(secret) ? idle : isDryRun ? `would be ${done}` : failures.has(secret.arn) ? 'failed' : done,
    ...(failures.has(secret.arn) ? { why: failures.get(secret.arn) ?? '' } : {}),
  }))
  return {
    json: { stage: context.stage, action: verb, results, counts },
    text: table(
      ['CLIENT', verb.toUpperCase(), ''],
      results.map(({ name, outcome, why = '' }) => [name, outcome, why]),
    ),
    exitCode: exitOf({ done: results.length - failures.size, failed: failures.size }),
  }
}

const hold: Work<HoldOptions> = async (context, options, names) => {
  const { secrets } = await context.connect()
  const since = iso(context.timing.now()) ?? ''
  const by = await context.by()
  const chosen = await choose(context, { ...options, names })
  const marking: Marking = {
    verb: 'hold',
    isWanted: (secret) => holdOf(secret) === undefined,
    mark: ({ arn }) => secrets.tag(arn, { [TAG.held]: since, ...defined({ [TAG.heldBy]: by }) }),
    done: 'held',
    idle: 'held already',
  }
  return markAll(context, marking, { ...chosen, options })
}

const release: Work<HoldOptions> = async (context, options, names) => {
  const { secrets } = await context.connect()
  const chosen = await choose(context, { ...options, names })
  const marking: Marking = {
    verb: 'release',
    isWanted: (secret) => holdOf(secret) !== undefined,
    mark: ({ arn }) => secrets.untag(arn, [TAG.held, TAG.heldBy]),
    done: 'released',
    idle: 'not held',
  }
  return markAll(context, marking, { ...chosen, options })
}

const addOne = (program: Command, name: string, description: string, work: Work<HoldOptions>): void => {
  const command = program.command(name).description(description).argument('[client...]', 'names, or ARNs of secrets')
  addCaution(addChoice(command)).action(run(work))
}

export const addHoldAndRelease = (program: Command): void => {
  addOne(program, 'hold', 'start no planned rotation or settle until released; a revoke ignores it', hold)
  addOne(program, 'release', 'end a hold; the next sweep does what has become due', release)
}
