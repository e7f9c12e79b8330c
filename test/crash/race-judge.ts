// What a race may come to: the refusals that fit what happened in between, and the windows – between a look at one of the two services
// and the change that rests on it – in which a call of ours can hit an AWSCURRENT that is accepted (docs/guarantees.md, W1 to W3).
import type { Intent } from '../../lambda/core/secret/request-token.ts'
import type { Beginning } from './positions.ts'
import type { ActName } from './race-acts.ts'
import type { KilledCurrent } from './race-watch.ts'
import { refuses } from './run.ts'

/**
 * lookToRetire: Stytch's slots changed between our look and our complete or cancel. lookToSwitch: they changed between finishSecret's
 * look and the move of AWSCURRENT. readToRetire: AWSCURRENT moved between our reading of it and our complete or cancel. lookToStart: they
 * changed between our look and our start, at an issuer whose start replaces the next secret.
 */
export type RaceWindow = 'lookToRetire' | 'lookToSwitch' | 'readToRetire' | 'lookToStart'

/** The window a kill fell into; undefined: none, and that is a defect. */
export const windowOf = (kill: KilledCurrent): RaceWindow | undefined => {
  const { step, op } = kill
  const retires = /Rotate(Complete|Cancel)$|^KeyringDelete$/.test(op)
  if (retires && kill.slotsChanged) return 'lookToRetire'
  if (op.endsWith('RotateStart') && kill.slotsChanged) return 'lookToStart'
  if (retires && kill.currentMoved) return 'readToRetire'
  if (step === 'finishSecret' && op === 'UpdateSecretVersionStage' && kill.slotsChanged) return 'lookToSwitch'
  return undefined
}

interface Allowance {
  /** Windows that this act can hit; every other kill is a violation. */
  readonly windows: readonly RaceWindow[]
  /** Refusals that name what this act did. */
  readonly refusals: readonly string[]
}

const nothing: Allowance = { windows: [], refusals: [] }
const putByHand = ['tokenWithoutVersion', 'pendingMissing', 'currentMoved']
const clearedUnderUs: Allowance = {
  windows: ['lookToRetire', 'readToRetire'],
  refusals: [
    'tokenWithoutVersion',
    'pendingMissing',
    'currentMoved',
    'overlap',
    'orphan',
    'poisoned',
    'drift',
    'dryRunRefused',
    'settled',
    'cancelledUnderUs',
    'wouldRestoreRevoked',
  ],
}

const allowances: Record<ActName, Allowance> = {
  colleagueStarts: { windows: [], refusals: ['drift', 'orphan'] },
  colleagueCancels: { windows: ['lookToSwitch'], refusals: ['poisoned', 'cancelledUnderUs', 'drift', 'settled'] },
  colleagueCompletes: { windows: ['lookToSwitch'], refusals: ['cancelledUnderUs', 'drift', 'settled'] },
  colleagueRestarts: { windows: ['lookToSwitch'], refusals: ['poisoned', 'cancelledUnderUs', 'drift', 'orphan'] },
  colleagueReplaces: {
    windows: ['lookToRetire', 'lookToSwitch'],
    refusals: ['cancelledUnderUs', 'drift', 'orphan'],
  },
  clientDeleted: { windows: [], refusals: ['clientNotFound'] },
  clientInactive: { windows: [], refusals: ['clientInactive'] },
  operatorPutsSame: { windows: [], refusals: putByHand },
  operatorPutsPrevious: {
    windows: ['readToRetire'],
    refusals: [...putByHand, 'settled', 'orphan', 'overlap', 'cancelledUnderUs', 'drift'],
  },
  operatorPutsPending: { windows: [], refusals: putByHand },
  operatorPutsWrong: { windows: [], refusals: [...putByHand, 'drift', 'cancelledUnderUs'] },
  operatorMovesBack: {
    windows: ['readToRetire'],
    refusals: ['currentMoved', 'settled', 'overlap', 'rolledBack', 'orphan', 'cancelledUnderUs', 'drift'],
  },
  operatorMovesOn: nothing,
  operatorClears: { windows: [], refusals: ['tokenWithoutVersion', 'pendingMissing'] },
  operatorPlantsPending: {
    windows: [],
    refusals: [
      'poisoned',
      'currentMoved',
      'settled',
      'overlap',
      'rolledBack',
      'cancelledUnderUs',
      'orphan',
      'drift',
      'wouldRestoreRevoked',
    ],
  },
  twin: { windows: ['lookToRetire'], refusals: ['poisoned', 'tokenWithoutVersion'] },
  overtake: { windows: ['lookToRetire', 'readToRetire'], refusals: ['tokenWithoutVersion', 'dryRunRefused'] },
  askRotate: nothing,
  askRevoke: nothing,
  askSettle: nothing,
  askRollback: nothing,
  lateUnlabelled: nothing,
  lateCurrent: nothing,
  latePrevious: nothing,
  clearedThenRotate: clearedUnderUs,
  clearedThenRevoke: clearedUnderUs,
  clearedThenSettle: clearedUnderUs,
}

/** Whoever starts there takes away what another has started. */
const allowanceOf = (act: ActName, startReplaces: boolean): Allowance => {
  const { windows, refusals } = allowances[act]
  if (!startReplaces) return { windows, refusals }
  const isColleague = act.startsWith('colleague')
  return {
    windows: [
      ...windows,
      ...(windows.includes('lookToRetire') ? ['lookToStart' as const] : []),
      // His start takes the place of the value that is about to become AWSCURRENT.
      ...(isColleague ? ['lookToSwitch' as const] : []),
    ],
    refusals: isColleague ? [...refusals, 'poisoned'] : refusals,
  }
}

/** What the undisturbed rotation says, where it refuses. */
const ownRefusals: readonly string[] = [
  'cancelledUnderUs',
  'drift',
  'settled',
  'rolledBack',
  'orphan',
  'wouldRestoreRevoked',
]

/** Acts that take the label away from under a move of it: Secrets Manager then refuses the move itself. */
const takesLabels = (act: ActName): boolean => /^(operator|twin|overtake|cleared)/.test(act)

export interface Judged {
  readonly intent: Intent
  readonly beginning: Beginning
  readonly act: ActName
  readonly kills: readonly KilledCurrent[]
  /** @see CrashKind */
  readonly startReplaces?: boolean | undefined
  /** How the rotation's last step ended, after its re-drive if it had one. */
  readonly lastEnding: string
  /** Whether Stytch accepts AWSCURRENT at the end. */
  readonly isCurrentAccepted: boolean
  /** Whether the client's next slot holds a secret at the end. */
  readonly isNextLeft: boolean
}

/** @returns what speaks against the run; nothing: it converged, or stopped with a refusal that names what happened. */
export const judge = (judged: Judged): readonly string[] => {
  const { intent, beginning, act, kills, lastEnding, isCurrentAccepted, isNextLeft, startReplaces = false } = judged
  const { windows, refusals } = allowanceOf(act, startReplaces)
  const faults: string[] = []
  for (const kill of kills) {
    const window = windowOf(kill)
    const where = `${kill.who}: ${kill.step}'s ${kill.op} left AWSCURRENT refused`
    if (window === undefined || !windows.includes(window)) faults.push(`${where} (${window ?? 'outside every window'})`)
  }
  const own = refuses(intent, beginning)
  const allowed = ['done', ...refusals, ...(own ? ownRefusals : [])].map((reason) =>
    reason === 'done' ? reason : `refused ${reason}`,
  )
  if (takesLabels(act)) allowed.push('failed SECRETS_MANAGER_REJECTED', 'failed CURRENT_MOVED')
  if (act.startsWith('cleared'))
    allowed.push('failed STEP_OUT_OF_ORDER', 'failed STILL_ACCEPTED', 'failed PENDING_REFUSED')
  if (!allowed.includes(lastEnding)) faults.push(`it ended with: ${lastEnding}`)
  const isOurs = /^(twin|overtake|ask|late|operatorMovesOn)/.test(act)
  if (isOurs && !own && lastEnding === 'done' && kills.length === 0 && !isCurrentAccepted) {
    faults.push('it is done, and AWSCURRENT is refused')
  }
  // Once AWSCURRENT has moved by hand, a next secret beside its value may be a colleague's, and is left to him.
  const isEnded = /^(twin|overtake|late)/.test(act) || (act === 'operatorMovesOn' && beginning.startsWith('overlap'))
  if (isEnded && intent === 'settle' && lastEnding === 'done' && isNextLeft) {
    faults.push('it is done, and a next secret is left')
  }
  return faults
}
