// `m2m incident prove`: the stored proofs of a client's revokes, verified with the stage's public key. Reads with the operator's own rights
// and believes nothing in the bucket that the key does not vouch for.
import { defined } from '../../lambda/core/base/defined.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import type { TrustedKey } from '../../lambda/core/base/jws.ts'
import type { ProofReport, StoredProof } from '../../lambda/core/incident/read-proofs.ts'
import { isOfPlannedSwitch, type ProofAnswer } from '../../lambda/core/rotation/proof-answer.ts'
import { replicaWords } from '../../lambda/core/secret/replica-state.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT } from '../terminal/command-fault.ts'
import { isCallDenied } from '../terminal/is-call-denied.ts'
import type { Work } from '../terminal/run.ts'
import { count } from '../terminal/words.ts'
import { requiredBucket } from './incident-report.ts'
import { findTargets } from './incident-targets.ts'
import { type KeyOptions, trustedKeys } from './proof-keys.ts'

interface ProveOptions extends KeyOptions {
  readonly bucket?: string
  readonly prefix?: string
  readonly again?: true
}

/** @throws Fault PROOF_NOT_ANSWERED; CommandFault `refused` where the caller may not invoke the function */
const askAgain = async (context: CommandContext, { arn, rotationFunctionArn }: Secret): Promise<ProofAnswer> => {
  const { questionsOf } = await context.connect()
  const functionName = rotationFunctionArn ?? context.functionName('rotation')
  return questionsOf(functionName)
    .prove(arn)
    .catch(async (error: unknown) => {
      if (!(error instanceof Fault) || !isCallDenied(error)) throw error
      const caller = (await context.caller()) ?? 'STS did not say who you are'
      throw new CommandFault(
        EXIT.refused,
        `you may not invoke ${functionName} (${caller}, lambda:InvokeFunction): attach the operator policy (output OperatorPolicyArn) to your role and list the role under operators, or take the break-glass role`,
      )
    })
}

const answerLine = (answer: ProofAnswer): string => {
  switch (answer.outcome) {
    case 'refused':
      return `Asked now: Stytch refused what was ${isOfPlannedSwitch(answer) ? 'valid before the last planned rotation' : 'revoked'}, ${count(answer.refusals, 'time')}; the proof is ${answer.signed === 'stored' ? 'stored' : 'NOT stored'}.`
    case 'notOwed':
      return 'Asked now: AWSCURRENT is not on a settle, so that there was nothing to try.'
    case 'gone':
      return `Asked now: Stytch knows no such client, and refused its values ${count(answer.refusals, 'time')}: nothing of it is accepted.`
    case 'alive':
      return `Asked now: ALIVE. ${answer.message}`
    case 'unknown':
      return `Asked now: not known (${answer.code}). ${answer.message}`
  }
}

/** What was just found outweighs what was proven before. */
const withAnswer = (ending: Ending, answer: ProofAnswer): Ending => ({
  json: { ...(ending.json as object), answer },
  text: `${answerLine(answer)}\n${ending.text}`,
  exitCode: answer.outcome === 'alive' || answer.outcome === 'unknown' ? EXIT.failed : ending.exitCode,
})

const linesOf = ({ key, proof }: StoredProof): readonly string[] => {
  if (!proof.ok) return [`NOT VALID  ${key}`, `  ${proof.refusal}`]
  const { refused, accepted, regions = [], at } = proof.value
  return [
    `VALID      ${key}`,
    ...refused.map(
      ({ lastFour, refusals, firstRefusedAt }) =>
        `  …${lastFour} was refused by Stytch ${count(refusals, 'time')}, first at ${firstRefusedAt}`,
    ),
    ...(accepted === undefined ? [] : [`  …${accepted.lastFour} was accepted at ${accepted.provenAt}`]),
    ...(regions.length === 0 ? [] : [`  copies in other Regions: ${replicaWords(regions)}`]),
    `  signed at ${at}`,
  ]
}

const conclusionOf = ({ secretName, newestRevoke, isProven, proofs }: ProofReport): string => {
  if (isProven) return `The newest revoke of ${secretName} (${newestRevoke}) is proven.`
  const why = proofs.length === 0 ? 'no proof is stored' : 'none of the stored proofs is a valid one of it'
  return newestRevoke === undefined
    ? `No revoke of ${secretName} is known, and ${why}.`
    : `The newest revoke of ${secretName} (${newestRevoke}) is NOT proven: ${why}.`
}

const shown = (report: ProofReport, trusted: readonly TrustedKey[]): Ending => ({
  json: {
    ...report,
    keyArn: trusted[0]?.keyArn,
    proofs: report.proofs.map(({ proof, ...rest }) => ({
      ...rest,
      ...(proof.ok ? { valid: true, payload: proof.value } : { valid: false, why: proof.refusal }),
    })),
  },
  text: [...report.proofs.flatMap(linesOf), conclusionOf(report)].join('\n'),
  exitCode: report.isProven ? EXIT.ok : EXIT.failed,
})

export const prove: Work<ProveOptions> = async (context, { publicKey, bucket: given, again, ...rest }, names) => {
  const bucket = await requiredBucket(context, given)
  const { secrets } = await findTargets(context, rest, names)
  const [secret] = secrets
  if (secret === undefined) throw new CommandFault(EXIT.usage, 'no client was named')
  const [{ createArchiveReader }, { createS3 }, { readProofs }] = await Promise.all([
    import('../../lambda/adapters/aws/archive-reader.ts'),
    import('../../lambda/adapters/aws/s3-client.ts'),
    import('../../lambda/core/incident/read-proofs.ts'),
  ])
  const trusted = await trustedKeys(context, defined({ publicKey }))
  const answer = again === true ? await askAgain(context, secret) : undefined
  const { secrets: port } = await context.connect()
  const versionIds = (await port.listVersions(secret.arn)).map(({ versionId }) => versionId)
  const question = { stage: context.stage, secretArn: secret.arn, versionIds, trusted, now: context.timing.now() }
  const ending = shown(await readProofs(createArchiveReader(createS3(), bucket), question), trusted)
  return answer === undefined ? ending : withAnswer(ending, answer)
}
