// How an incident of the command line begins: reported on the bus, where the incident function takes it up; or, with --direct and where the bus
// takes nothing, carried out from here by Secrets Manager alone.
import { defined } from '../../lambda/core/base/defined.ts'
import { LEAK_REPORTED, leakSources } from '../../lambda/core/base/event-types.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { carryOutHere } from './carry-out-here.ts'
import type { Targets } from './incident-targets.ts'

interface BeginOptions {
  readonly reason?: string
  readonly grace?: number
  readonly breakGlass?: true
  readonly direct?: true
  readonly wait?: true
}

const reportOnBus = async (context: CommandContext, options: BeginOptions, targets: Targets, incidentId: string) => {
  const [{ createEventBridge }, { createEvents }] = await Promise.all([
    import('../../lambda/adapters/aws/clients.ts'),
    import('../../lambda/adapters/aws/events.ts'),
  ])
  const source = options.breakGlass === true ? leakSources.breakGlass : leakSources.security
  const detail = {
    incidentId,
    selector: targets.selector,
    reason: options.reason ?? 'reported on the command line',
    requestedBy: (await context.by()) ?? 'unknown',
    ...defined({ graceSeconds: options.grace }),
  }
  await createEvents(createEventBridge(), `m2m-${context.stage}`, source).publish([{ type: LEAK_REPORTED, detail }])
}

interface Beginning {
  readonly targets: Targets
  readonly incidentId: string
  /** These are epoch milliseconds. */
  readonly since: number
  readonly until: number
}

/** What to type where the bus is out and this command may not go on by itself. */
const withoutBus = (context: CommandContext, options: BeginOptions, { incidentId, targets, why }: NotTaken) => {
  const named = targets.secrets.length === 1 ? ` ${targets.secrets[0]?.name}` : ' …'
  const instead =
    options.grace === undefined
      ? `m2m incident${named} --id ${incidentId} --direct carries it out from here.`
      : `A grace needs the bus; m2m incident${named} --id ${incidentId} --direct --immediate ends the values at once.`
  return new CommandFault(EXIT.failed, `${why} Nothing was revoked, and what leaked is still accepted. ${instead}`, {
    stage: context.stage,
    incidentId,
    outcome: 'failed',
  })
}

interface NotTaken {
  readonly incidentId: string
  readonly targets: Targets
  /** One sentence. */
  readonly why: string
}

/** On the bus. @returns why that took nothing; undefined: it is reported */
const tryBus = async (
  context: CommandContext,
  options: BeginOptions,
  { targets, incidentId }: Beginning,
): Promise<string | undefined> => {
  try {
    await reportOnBus(context, options, targets, incidentId)
    return undefined
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const [, why = error.code] = /: ([^ ]+)\. A retry/.exec(error.message) ?? []
    const caller = (await context.caller()) ?? 'a caller whom STS did not name'
    return `The bus m2m-${context.stage} did not take the report of ${caller} (events:PutEvents: ${why}).`
  }
}

/** @returns the revokes, where they are carried out from here; undefined: by the incident function. @throws CommandFault `failed` */
export const beginRevoke = async (
  context: CommandContext,
  options: BeginOptions,
  begun: Beginning,
): Promise<(() => Promise<void>) | undefined> => {
  const { targets, incidentId, since, until } = begun
  const here = (): Promise<void> =>
    carryOutHere(context, targets.secrets, { incidentId, since, timeoutMs: Math.max(0, until - context.timing.now()) })
  if (options.direct === true) return here
  const why = await tryBus(context, options, begun)
  if (why === undefined) return undefined
  // A grace is waited for by the campaign function, which only the bus reaches; and what is not waited for cannot be carried out.
  if (options.wait !== true || options.grace !== undefined) {
    throw withoutBus(context, options, { incidentId, targets, why })
  }
  context.screen.note(
    `${why} The revokes are carried out from here, as with --direct; no event announces the incident.`,
  )
  return here
}
