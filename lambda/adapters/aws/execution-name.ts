// The names under which this project starts durable executions. A name makes a repeated request the same execution; AWS's pages differ on
// whether it is unique in the account and Region or in the function, so it says whose it is: stage and function, purpose, and what about.
import { createHash } from 'node:crypto'
import { partsOf } from './invoke.ts'

/** Lambda takes 1 to 64 letters, digits, hyphens and underscores. */
const MAX_LENGTH = 64
/** 132 bits. */
const DIGEST_LENGTH = 22

/**
 * @param functionArn whose name holds the stage, `m2m-<stage>-<part>`.
 * @param purpose letters, digits, hyphens.
 * @param about what makes two requests the same one.
 */
export const executionName = (functionArn: string, purpose: string, about: readonly string[]): string => {
  const whose = `${partsOf(functionArn).name}-${purpose}`
  // The whole of it is in the digest, so that what a long name loses at its end sets it apart still.
  const digest = createHash('sha256')
    .update(JSON.stringify([whose, ...about]))
    .digest('base64url')
    .slice(0, DIGEST_LENGTH)
  return `${whose.slice(0, MAX_LENGTH - DIGEST_LENGTH - 1)}-${digest}`
}
