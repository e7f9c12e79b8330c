// `m2m rollback`: makes the value before AWSCURRENT again, while the overlap is open and both work. Never after a revoke: it would bring a
// leaked value back.
import type { Command } from 'commander'
import { versionLabelled } from '../../lambda/core/secret/labels.ts'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { askRotations, type RotationOptions, type RotationVerdict } from '../rotate/ask-rotations.ts'
import { choose } from '../show/choose.ts'
import type { Row } from '../show/client-rows.ts'
import { addCaution, addWaiting } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { whyNotRotated } from './rotate.ts'

const judge = (row: Row): RotationVerdict => {
  const { visible, secret, name } = row
  const forward = `m2m rotate ${name} makes a new one`
  const { state, last } = visible
  if (last?.origin === 'revoke') {
    return { is: 'refuse', why: `it was revoked, and a rollback would bring the leaked value back; ${forward}` }
  }
  const idle = whyNotRotated(row)
  if (idle !== undefined) return { is: 'refuse', why: idle }
  if (state === 'empty') return { is: 'refuse', why: 'no version carries AWSCURRENT; m2m adopt stores a value' }
  if (state === 'settled')
    return { is: 'refuse', why: `it is settled: the value before is refused by Stytch; ${forward}` }
  if (versionLabelled(secret, 'AWSPREVIOUS') === undefined)
    return { is: 'refuse', why: `there is no value before, to which it could go back; ${forward}` }
  return { is: 'ask' }
}

const rollback: Work<RotationOptions> = async (context, options, names) => {
  const about = context.newId()
  return askRotations(context, {
    verb: 'rollback',
    ...(await choose(context, { names })),
    judge,
    tokenOf: async ({ arn }) =>
      makeRequestToken({ origin: 'rollback', askedAt: context.timing.now(), secretArn: arn, about, attempt: 1 }),
    isDryRun: options.dryRun === true,
    isSure: options.yes === true,
    waits: options.wait === true,
    timeoutMs: options.timeout * 1000,
  })
}

export const addRollback = (program: Command): void => {
  const command = program
    .command('rollback')
    .description('return to the previous value while the overlap is open')
    .argument('<client...>', 'names, or ARNs of secrets')
  addWaiting(addCaution(command)).action(run(rollback))
}
