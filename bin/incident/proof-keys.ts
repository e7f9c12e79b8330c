// The public keys that proofs are verified with: that of the stage's key, as KMS answers for it, or files that the caller kept. Never what
// lies in the bucket beside the proofs.
import { readFile } from 'node:fs/promises'
import { Fault } from '../../lambda/core/base/fault.ts'
import { readPublicKey, type TrustedKey } from '../../lambda/core/base/jws.ts'
import type { Verification } from '../../lambda/core/incident/read-proofs.ts'
import { proofKeyAlias } from '../../lambda/core/rotation/proof.ts'
import { processEndpoint } from '../terminal/cli-env.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'

export interface KeyOptions {
  /** Paths of files. */
  readonly publicKey?: readonly string[]
}

export const PUBLIC_KEY_HELP =
  'file with a public key of the stage (PEM or JWK), instead of asking KMS; several: each of them, such as a former one'

const readKeyFile = async (path: string): Promise<TrustedKey> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new CommandFault(EXIT.usage, `the public key ${path} cannot be read (${why})`)
  })
  const key = readPublicKey(text)
  if (key !== undefined) return key
  throw new CommandFault(EXIT.usage, `${path} holds no public key over P-256: expected PEM or a JWK`)
}

/** @throws Fault SIGNATURE_UNAVAILABLE */
export const askKms = async (context: CommandContext): Promise<TrustedKey> => {
  const [{ fetchPublicKey }, { createSignedCall }] = await Promise.all([
    import('../../lambda/adapters/aws/kms-signer.ts'),
    import('../../lambda/adapters/aws/signed-call.ts'),
  ])
  const { secretsManager } = await context.connect()
  const call = createSignedCall(secretsManager, { service: 'kms', endpoint: processEndpoint('KMS') })
  return fetchPublicKey({ call, wait: context.timing.wait }, proofKeyAlias(context.stage))
}

/** @throws Fault SIGNATURE_UNAVAILABLE; CommandFault `usage` for a file that holds no key */
export const trustedKeys = async (
  context: CommandContext,
  { publicKey = [] }: KeyOptions,
): Promise<readonly TrustedKey[]> =>
  publicKey.length === 0 ? [await askKms(context)] : Promise.all(publicKey.map(readKeyFile))

/** Where KMS does not say the key, nothing is verified, and why not is shown. */
export const verificationOf = async (
  context: CommandContext,
  options: KeyOptions,
): Promise<{ readonly verification?: Verification; readonly unverified?: string }> => {
  try {
    const trusted = await trustedKeys(context, options)
    return { verification: { stage: context.stage, trusted, now: context.timing.now() } }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { unverified: `its proof could not be verified: ${error.message.replace(/\.$/, '')}` }
  }
}
