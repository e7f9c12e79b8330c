// `m2m incident release`: what the leak intake holds is reported, and then the intake is open again. All of it by the operator's own rights: on
// the gate's item of the records table, and on the bus.
import { leakSources } from '../../lambda/core/base/event-types.ts'
import type { GateKeeper } from '../../lambda/core/intake/pass-gate.ts'
import { processEndpoint } from '../terminal/cli-env.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import type { Work } from '../terminal/run.ts'
import { table } from '../terminal/table.ts'

export interface ReleaseOptions {
  readonly dryRun?: true
  readonly recordsTable?: string
}

const tableOf = async (context: CommandContext, given: string | undefined): Promise<string> => {
  const name = given ?? (await context.view()).recordsTable
  if (name !== undefined) return name
  throw new CommandFault(
    EXIT.usage,
    'the deployment does not say what its records table is called: deploy this version first, or add --records-table',
  )
}

const keeperOf = async (context: CommandContext, given: string | undefined): Promise<GateKeeper> => {
  const [{ createGateStore }, { createSignedCall }, { formerGateIn }] = await Promise.all([
    import('../../lambda/adapters/aws/gate-store.ts'),
    import('../../lambda/adapters/aws/signed-call.ts'),
    import('../../lambda/core/intake/pass-gate.ts'),
  ])
  const { secrets, secretsManager } = await context.connect()
  const call = createSignedCall(secretsManager, { service: 'dynamodb', endpoint: processEndpoint('DYNAMODB') })
  return {
    store: createGateStore({ call, table: await tableOf(context, given), wait: context.timing.wait }),
    timing: context.timing,
    formerGate: formerGateIn(secrets, `m2m-intake/${context.stage}/gate`),
  }
}

export const release: Work<ReleaseOptions> = async (context, { dryRun: isDry = false, recordsTable }) => {
  const [{ createEventBridge }, { createEvents }, { readGateNow }, { releaseIntake }] = await Promise.all([
    import('../../lambda/adapters/aws/clients.ts'),
    import('../../lambda/adapters/aws/events.ts'),
    import('../../lambda/core/intake/pass-gate.ts'),
    import('../../lambda/core/intake/release-intake.ts'),
  ])
  const keeper = await keeperOf(context, recordsTable)
  const events = createEvents(createEventBridge(), `m2m-${context.stage}`, leakSources.security)
  const gate = isDry ? await readGateNow(keeper) : undefined
  const held = gate?.held ?? (await releaseIntake({ keeper, events }, (await context.by()) ?? 'unknown'))
  const isShut = gate?.state === 'held'
  const said = isDry ? 'would be reported' : 'reported'
  return {
    json: { stage: context.stage, dryRun: isDry, held },
    text:
      held.length === 0
        ? isShut
          ? 'The intake is shut and remembers no leak. A release opens it.'
          : 'The intake holds nothing; it is open.'
        : table(
            ['INCIDENT', 'CLIENT', ''],
            held.map(({ incidentId, clientId }) => [incidentId, clientId, said]),
          ),
    exitCode: EXIT.ok,
  }
}
