// `m2m rotate`: replaces a client's value now. The one before stays accepted until the overlap ends. A rotation during an overlap ends that
// overlap at once, so somebody is asked first.
import type { Command } from 'commander'
import { replicaWords } from '../../lambda/core/secret/replica-state.ts'
import { replicasKeepingOpen } from '../../lambda/core/secret/replicas.ts'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { askRotations, type RotationOptions, type RotationVerdict } from '../rotate/ask-rotations.ts'
import { addChoice, type Choice, choose } from '../show/choose.ts'
import type { Row } from '../show/client-rows.ts'
import { addCaution, addWaiting } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { at } from '../terminal/words.ts'

export const whyHeld = ({ visible, name }: Row): string =>
  `it is held since ${at(visible.hold?.since)}${visible.hold?.by === undefined ? '' : ` by ${visible.hold.by}`}; m2m release ${name} first`

/** Of one that nothing rotates. @returns undefined: something does */
export const whyNotRotated = ({ visible: { state } }: Pick<Row, 'visible'>): string | undefined => {
  if (state === 'off') return 'nothing rotates it; m2m doctor --kind schedule says why, and m2m apply turns it on again'
  return state === 'retired'
    ? 'it is retired: its client was switched off when it was no longer declared; declare it again (m2m apply, or a deployment) if it is to live'
    : undefined
}

const stuckWords = ({ name }: Row): string =>
  `a rotation is stuck; the sweep drives it on, and m2m status ${name} says when. If its value may have leaked: m2m incident ${name} --wait`

const judge = (row: Row): RotationVerdict => {
  const { state, hold, overlapUntil } = row.visible
  const idle = whyNotRotated(row)
  if (idle !== undefined) return { is: 'refuse', why: idle }
  if (state === 'empty') return { is: 'refuse', why: 'no version carries AWSCURRENT; m2m adopt stores a value' }
  if (hold !== undefined) return { is: 'refuse', why: whyHeld(row) }
  if (state === 'stuck') return { is: 'refuse', why: stuckWords(row) }
  const behind = replicaWords(replicasKeepingOpen(row.secret))
  if (behind !== '') {
    return {
      is: 'refuse',
      why: `a replica does not have the new value yet (${behind}); m2m settle ${row.name} --anyway ends that overlap`,
    }
  }
  if (state === 'overlap') {
    return {
      is: 'confirm',
      why: `its overlap is open until ${at(overlapUntil)}, and a rotation ends it now: whoever still uses the value before is refused`,
    }
  }
  if (state === 'revoked') {
    return {
      is: 'confirm',
      why: `a revoke is not settled yet; m2m settle ${row.name} proves that the old value is dead`,
    }
  }
  return { is: 'ask' }
}

const rotate: Work<RotationOptions & Omit<Choice, 'names'>> = async (context, options, names) => {
  const about = context.newId()
  return askRotations(context, {
    verb: 'rotate',
    ...(await choose(context, { ...options, names })),
    judge,
    tokenOf: async ({ arn }) =>
      makeRequestToken({ origin: 'rotate', askedAt: context.timing.now(), secretArn: arn, about, attempt: 1 }),
    isDryRun: options.dryRun === true,
    isSure: options.yes === true,
    waits: options.wait === true,
    timeoutMs: options.timeout * 1000,
  })
}

export const addRotate = (program: Command): void => {
  const command = program
    .command('rotate')
    .description('replace the value of clients now; the previous value stays accepted until the overlap ends')
    .argument('[client...]', 'names, or ARNs of secrets')
  addWaiting(addCaution(addChoice(command))).action(run(rotate))
}
