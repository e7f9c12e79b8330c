// The rules by which a reported leak reaches the incident function: one for each source, each for the form that the source may use.
// Patterns look at a form and cannot count what stands in a list: that exactly one client is named, or 25 at most, is the function's
// to check (lambda/core/incident/leak-report.ts). The stack and the laptop make their rules from this list.
import { LEAK_REPORTED, leakSources } from '../core/base/event-types.ts'

type Leaf = string | { readonly exists: boolean }

type Fields = Readonly<Record<string, readonly Leaf[]>>

/** An alias, so that it fits where any pattern does. */
type LeakPattern = {
  readonly source: readonly string[]
  readonly 'detail-type': readonly string[]
  readonly detail: Readonly<Record<string, readonly Leaf[] | Fields>>
}

export interface LeakRule {
  /** Names the rule's construct; never changes. */
  readonly id: string
  readonly source: string
  readonly pattern: LeakPattern
}

const PRESENT = [{ exists: true }]
/** Of what holds an object (tags), EventBridge cannot match that it is absent. */
const ABSENT = [{ exists: false }]

const about = (source: string, detail: LeakPattern['detail']): LeakPattern => ({
  source: [source],
  'detail-type': [LEAK_REPORTED],
  detail: { incidentId: PRESENT, ...detail },
})

export const leakRules: readonly LeakRule[] = [
  {
    id: 'LeakFromIntake',
    source: leakSources.intake,
    // A client by its id, and nothing else; and no grace for what a detector found.
    pattern: about(leakSources.intake, {
      graceSeconds: ABSENT,
      selector: {
        clientIds: PRESENT,
        secretNames: ABSENT,
        scopes: ABSENT,
        all: ABSENT,
        expectedCount: ABSENT,
        due: ABSENT,
      },
    }),
  },
  {
    id: 'LeakFromSecurity',
    source: leakSources.security,
    pattern: about(leakSources.security, { selector: { all: ABSENT, expectedCount: ABSENT, due: ABSENT } }),
  },
  {
    id: 'LeakFromBreakGlass',
    source: leakSources.breakGlass,
    pattern: about(leakSources.breakGlass, { selector: { due: ABSENT } }),
  },
]
