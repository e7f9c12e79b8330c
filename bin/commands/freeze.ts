// `m2m freeze`: stops rotations of a whole stage at their beginning, Secrets Manager's own schedules included. `planned` lets through what an
// incident needs; `all` lets nothing through, a revoke neither, so somebody is asked.
import { Argument, type Command } from 'commander'
import { type FreezeReading, freezes, readFreezeState } from '../../lambda/core/rotation/freeze.ts'
import { originJson, originWords, readFrozen } from '../show/frozen.ts'
import { EXIT } from '../terminal/command-fault.ts'
import { addCaution } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'

interface FreezeOptions {
  readonly dryRun?: true
  readonly yes?: true
}

const meaning: Readonly<Record<FreezeReading, string>> = {
  off: 'rotations start as usual',
  planned: 'no planned rotation and no settle begins; revokes and rollbacks do',
  all: 'no rotation begins, not even a revoke',
  unreadable: 'the parameter holds another word: planned rotations wait, revokes continue; set it again',
}

const freeze: Work<FreezeOptions> = async (context, options, [wish]) => {
  const { freeze: switched } = await context.connect()
  const { state: before, ...origin } = await readFrozen(switched)
  const wanted = readFreezeState(wish)
  const isChange = wanted !== undefined && wanted !== before
  if (isChange && options.dryRun !== true) {
    if (wanted === 'all') {
      await context.screen.confirm(
        `Stop every rotation in stage ${context.stage}, revokes included?`,
        options.yes === true,
      )
    }
    await switched.set(wanted)
  }
  const state = isChange && options.dryRun !== true ? wanted : before
  const now = isChange && options.dryRun !== true ? await readFrozen(switched) : origin
  const whose = originWords(now)
  const would = isChange && options.dryRun === true ? `; would be ${wanted}` : ''
  return {
    json: { stage: context.stage, freeze: state, before, ...originJson(now), parameter: switched.parameterName },
    text: `${state}${whose === '' ? '' : ` ${whose}`}${would}: ${meaning[state]}`,
    exitCode: EXIT.ok,
  }
}

export const addFreeze = (program: Command): void => {
  const command = program
    .command('freeze')
    .description('stop new rotations of the stage, or allow them again')
    .addArgument(new Argument('[state]', 'what to set; without it, what is set').choices([...freezes, 'status']))
  addCaution(command).action(run(freeze))
}
