// Whether the bus takes a report of a leak from whoever asks: tried with one that it can only refuse (terminal/permissions.ts), so that nothing is put
// on it.
import { leakSources } from '../../lambda/core/base/event-types.ts'
import type { FleetFinding } from '../../lambda/core/clients/fleet-findings.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { isDenial, MALFORMED, refusalOfBus } from '../terminal/permissions.ts'

interface Refusal {
  readonly stage: string
  /** AWS's name. */
  readonly error: string
  /** As AWS knows the caller. */
  readonly caller: string | undefined
}

/** The bus, the role, and the error. */
const refusedFinding = ({ stage, error, caller }: Refusal): FleetFinding => {
  const whose = caller === undefined ? 'from you, whom STS did not name' : `from ${caller}`
  const what = `it takes no report of a leak ${whose} (events:PutEvents: ${error})`
  const meanwhile = 'm2m incident NAME --wait revokes without it'
  return isDenial(error)
    ? {
        kind: 'permission',
        // Whoever operates a stage need not report leaks, and an incident that is waited for goes on without.
        weight: 'attention',
        subject: `bus m2m-${stage}`,
        what,
        todo: `list your role under incidents.security or as breakGlass, and allow it events:PutEvents; ${meanwhile}`,
      }
    : {
        kind: 'rule',
        weight: 'broken',
        subject: `bus m2m-${stage}`,
        what,
        todo: `see whether EventBridge answers, and run m2m doctor again; ${meanwhile}`,
      }
}

/** By either name under which a person may report. */
export const busFindings = async (
  context: Pick<CommandContext, 'stage' | 'caller'>,
  refusalOf: typeof refusalOfBus = refusalOfBus,
): Promise<readonly FleetFinding[]> => {
  const { stage } = context
  const error = await refusalOf(stage, leakSources.security)
  if (error === MALFORMED) return []
  if (isDenial(error) && (await refusalOf(stage, leakSources.breakGlass)) === MALFORMED) return []
  return [refusedFinding({ stage, error, caller: await context.caller().catch(() => undefined) })]
}
