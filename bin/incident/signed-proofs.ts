// Beside what is shown of an incident: whether the proof of each client is signed and stored. Read with the operator's own rights; who may
// not, or brings no bucket, is not shown that there is none.
import { Fault } from '../../lambda/core/base/fault.ts'
import { mapInParallel } from '../../lambda/core/base/worker-pool.ts'
import type { SignedProof } from '../../lambda/core/incident/signed-proof.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { bucketOf } from './incident-report.ts'
import { askKms } from './proof-keys.ts'

interface ProofsAsked {
  readonly incidentId: string
  readonly bucket?: string | undefined
  readonly secretArns: readonly string[]
}

const AT_ONCE = 5

/** @returns by ARN; undefined: it cannot be known, which is noted. */
export const readSignedProofs = async (
  context: CommandContext,
  { incidentId, bucket: given, secretArns }: ProofsAsked,
): Promise<ReadonlyMap<string, SignedProof> | undefined> => {
  if (secretArns.length === 0) return undefined
  const bucket = await bucketOf(context, given)
  if (bucket === undefined) return undefined
  const [{ createArchiveReader }, { createS3 }, { signedProofOf }] = await Promise.all([
    import('../../lambda/adapters/aws/archive-reader.ts'),
    import('../../lambda/adapters/aws/s3-client.ts'),
    import('../../lambda/core/incident/signed-proof.ts'),
  ])
  const reader = createArchiveReader(createS3(), bucket)
  const found = new Map<string, SignedProof>()
  try {
    const question = { stage: context.stage, incidentId, trusted: [await askKms(context)], now: context.timing.now() }
    await mapInParallel(secretArns, AT_ONCE, async (secretArn) => {
      found.set(secretArn, await signedProofOf(reader, { ...question, secretArn }))
    })
    return found
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    context.screen.note(`Whether the proofs are stored is not known: ${error.message}`)
    return undefined
  }
}

/** As `--json` shows it. */
export const proofJson = ({ refusals, firstRefusedAt, signed }: SignedProof) => ({ refusals, firstRefusedAt, signed })

/** A cell of a table: as much as fits beside a name. */
export const briefProofWords = (proof: SignedProof | undefined): string => {
  if (proof === undefined) return 'not known'
  return proof.signed
    ? `${proof.confirmed ? 'stored and confirmed' : 'stored'}, ${proof.refusals} refusals`
    : 'NOT stored yet'
}
