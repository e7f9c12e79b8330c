// `m2m settle`: ends an overlap now. Whoever still uses the value before is refused from then on, so somebody is asked first.
import type { Command } from 'commander'
import { settleAnywayToken, settleToken } from '../../lambda/core/drive/settle-request.ts'
import { versionLabelled } from '../../lambda/core/secret/labels.ts'
import { replicaWords } from '../../lambda/core/secret/replica-state.ts'
import { replicasKeepingOpen } from '../../lambda/core/secret/replicas.ts'
import { askRotations, type RotationOptions, type RotationVerdict } from '../rotate/ask-rotations.ts'
import { addChoice, type Choice, choose } from '../show/choose.ts'
import type { Row } from '../show/client-rows.ts'
import { addCaution, addWaiting } from '../terminal/options.ts'
import { run, type Work } from '../terminal/run.ts'
import { at } from '../terminal/words.ts'
import { whyHeld, whyNotRotated } from './rotate.ts'

const judge =
  (isAnyway: boolean) =>
  (row: Row): RotationVerdict => {
    const { state, hold, overlapUntil, last } = row.visible
    if (last === undefined) return { is: 'refuse', why: 'no version carries AWSCURRENT' }
    const idle = whyNotRotated(row)
    if (idle !== undefined) return { is: 'refuse', why: idle }
    if (state === 'settled' && !isAnyway) return { is: 'skip', why: 'it is settled; --anyway checks Stytch anyway' }
    if (state === 'revoked') return { is: 'ask' }
    if (hold !== undefined) return { is: 'refuse', why: whyHeld(row) }
    const behind = replicaWords(replicasKeepingOpen(row.secret))
    if (behind !== '' && !isAnyway) {
      return {
        is: 'refuse',
        why: `a replica does not have the new value yet (${behind}); --anyway settles it nevertheless`,
      }
    }
    if (behind !== '') {
      return {
        is: 'confirm',
        why: `a replica does not have the new value yet (${behind}), and its consumers are refused`,
      }
    }
    if (state !== 'overlap' || overlapUntil === undefined || row.asOf.now >= overlapUntil) return { is: 'ask' }
    return {
      is: 'confirm',
      why: `its overlap is open until ${at(overlapUntil)}, and whoever still uses the value before is refused from now on`,
    }
  }

interface SettleOptions extends RotationOptions, Omit<Choice, 'names'> {
  readonly anyway?: true
}

const settle: Work<SettleOptions> = async (context, options, names) =>
  askRotations(context, {
    verb: 'settle',
    ...(await choose(context, { ...options, names })),
    judge: judge(options.anyway === true),
    tokenOf: async (secret, secrets) => {
      const currentId = versionLabelled(secret, 'AWSCURRENT')?.versionId ?? ''
      const versions = await secrets.listVersions(secret.arn)
      const makeToken = options.anyway === true ? settleAnywayToken : settleToken
      return makeToken({ secretArn: secret.arn, currentId }, versions, context.timing.now())
    },
    isDryRun: options.dryRun === true,
    isSure: options.yes === true,
    waits: options.wait === true,
    timeoutMs: options.timeout * 1000,
  })

export const addSettle = (program: Command): void => {
  const command = program
    .command('settle')
    .description('end the overlap of clients now: Stytch then accepts their current value and nothing else')
    .argument('[client...]', 'names, or ARNs of secrets')
    .option('--anyway', 'also where a replica does not have the new value, and where the label says settled')
  addWaiting(addCaution(addChoice(command))).action(run(settle))
}
