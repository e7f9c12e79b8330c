// `m2m drill`: a leak that is none, through every part that a real one takes: a client is made, reported as leaked on the bus, revoked by the
// functions as they are deployed, proven dead, and removed. A person says whether the notice came. What a killed drill left, --clean removes.
import type { Command } from 'commander'
import { defined } from '../../lambda/core/base/defined.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { DrillRecord } from '../../lambda/core/clients/drill-record.ts'
import { cleanDrills } from '../drill/clean-drills.ts'
import { drillNames, openDrillRecords, seatOf } from '../drill/drill-seat.ts'
import { drillExit, drillSentence, stepLine } from '../drill/drill-words.ts'
import { type DrillEnd, runDrill } from '../drill/run-drill.ts'
import { readFreezeNow } from '../incident/obstacles.ts'
import { frozenWords } from '../show/frozen.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT } from '../terminal/command-fault.ts'
import { watchInterruption } from '../terminal/interruption.ts'
import { addCaution, addPatience } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'

interface DrillOptions {
  readonly clean?: true
  /** Commander's for `--no-notice`. */
  readonly notice: boolean
  readonly breakGlass?: true
  readonly bucket?: string
  readonly dryRun?: true
  readonly yes?: true
  readonly timeout: number
}

/** What it makes, only a function of this version removes. @throws CommandFault `refused` */
export const assertRemovable = async (context: Pick<CommandContext, 'view' | 'functionName'>): Promise<void> => {
  if ((await context.view()).drills !== undefined) return
  const what = `${context.functionName('clients')} is of a version that cannot remove what a drill makes; nothing was changed`
  throw new CommandFault(EXIT.refused, `${what}. Deploy the version of this command line first.`)
}

type Written = Omit<DrillRecord, 'at' | 'by' | 'noticeConfirmedAt'>

/** @returns why it could not be recorded; undefined: it is. */
const record = async (context: CommandContext, written: Written): Promise<string | undefined> => {
  const records = await openDrillRecords(context)
  const at = new Date(context.timing.now()).toISOString()
  try {
    const before = await records.read()
    const confirmedBefore = typeof before === 'object' ? before.noticeConfirmedAt : undefined
    const noticeConfirmedAt = written.notice === 'confirmed' ? at : confirmedBefore
    await records.write({ ...written, at, by: (await context.by()) ?? 'unknown', ...defined({ noticeConfirmedAt }) })
    return undefined
  } catch (error) {
    if (error instanceof Fault) return error.message
    throw error
  }
}

const failedStepOf = ({ steps }: DrillEnd): string | undefined =>
  steps.find(({ step, state }) => state === 'failed' && step !== 'removed')?.step

const carryOut = async (context: CommandContext, options: DrillOptions): Promise<Ending> => {
  const { screen, stage } = context
  const names = drillNames(context, await context.view())
  const interruption = watchInterruption(screen)
  screen.note(`Drill ${names.incidentId} of stage ${stage}, with the client ${names.name}`)
  const parts = seatOf(context, {
    names,
    asksNotice: options.notice,
    isStopped: interruption.isAsked,
    onStep: (end) => screen.step(stepLine(screen, end)),
    ...defined({ bucket: options.bucket, breakGlass: options.breakGlass }),
  })
  const until = context.timing.now() + options.timeout * 1000
  const end = await runDrill(parts, { until }).finally(interruption.end)
  const { result, notice, steps, left, ms } = end
  const { incidentId, name: clientName } = names
  const failedStep = failedStepOf(end)
  // One that was broken off says nothing of the stage.
  const notRecorded =
    result === 'interrupted'
      ? 'the drill was interrupted'
      : await record(context, { incidentId, clientName, result, notice, ...defined({ failedStep }) })
  if (notRecorded !== undefined && result !== 'interrupted') screen.note(`The result was not recorded: ${notRecorded}`)
  const exitCode = drillExit(end, options.notice)
  return {
    json: {
      stage,
      incidentId,
      client: clientName,
      result,
      notice,
      steps,
      left: left ?? null,
      ms,
      notRecorded: notRecorded ?? null,
    },
    text: drillSentence(end, clientName),
    exitCode: exitCode === EXIT.ok && notRecorded !== undefined ? EXIT.partly : exitCode,
  }
}

/** @throws CommandFault `refused` while all rotations are frozen */
const assertDrillable = async (context: CommandContext): Promise<void> => {
  const frozen = await readFreezeNow(context)
  if (frozen.state !== 'all') return
  throw new CommandFault(
    EXIT.refused,
    `In stage ${context.stage} ${frozenWords(frozen)}, so that no revoke begins: nothing was registered or reported. Lift it with m2m freeze off, then run m2m drill.`,
  )
}

const drill: Work<DrillOptions> = async (context, options) => {
  if (options.clean === true) return cleanDrills(context, options)
  await assertRemovable(context)
  await assertDrillable(context)
  const { stage } = context
  if (options.dryRun === true) {
    const text = `A client would be registered in stage ${stage}, reported as leaked, revoked and removed; whoever is on call would get the notice.`
    return { json: { stage, dryRun: true }, text, exitCode: EXIT.ok }
  }
  const question = `Run a drill on stage ${stage}? Whoever is on call gets the notice of a leak.`
  await context.screen.confirm(question, options.yes === true)
  return carryOut(context, options)
}

export const addDrill = (program: Command): void => {
  const command = program
    .command('drill')
    .description('rehearse a leak through every part that a real one uses, with a client of its own')
    .option('--no-notice', 'do not ask whether the notice arrived')
    .option('--clean', 'remove what a killed drill left behind, and do nothing else')
    .option('--break-glass', 'report it as m2m.break-glass')
    .option('--bucket <name>', 'of the evidence archive; else M2M_EVIDENCE_BUCKET, or as the deployment says')
  addPatience(addCaution(command)).action(run(drill))
}
