// What became of each rotation that was asked for, for machines and for people, and the exit code that follows. Pure.

import type { SelectionCounts } from '../../lambda/core/secret/selector.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { type Ending, exitOf } from '../terminal/command-fault.ts'
import { table } from '../terminal/table.ts'

/**
 * asked: it runs. done: AWSCURRENT sits on it. refused: it gave up. running: not finished in time. busy: another is under way. gone: no
 * such secret. skipped: there was nothing to do.
 */
export type Outcome = 'asked' | 'done' | 'refused' | 'running' | 'busy' | 'gone' | 'failed' | 'skipped' | 'wouldAsk'

export interface RotationResult {
  readonly name: string
  readonly clientId: string | undefined
  readonly outcome: Outcome
  readonly requestToken?: string
  readonly why?: string
}

const words: Readonly<Record<Outcome, string>> = {
  asked: 'asked for',
  done: 'done',
  refused: 'refused',
  running: 'not finished',
  busy: 'not asked',
  gone: 'not asked',
  failed: 'failed',
  skipped: 'nothing to do',
  wouldAsk: 'would be asked for',
}

const harmless: readonly Outcome[] = ['asked', 'done', 'skipped', 'wouldAsk']

const logAdvice = (context: Pick<CommandContext, 'functionName'>): string =>
  `the reason is in the log group whose name begins with /aws/lambda/${context.functionName('rotation')}`

/** @param name of the client. @returns undefined where the outcome says all. */
export const whyNot = (
  outcome: Outcome,
  context: Pick<CommandContext, 'functionName'>,
  name: string,
): string | undefined => {
  switch (outcome) {
    case 'refused':
      return `it gave up, and moved no AWSCURRENT; m2m status ${name} says how it is, and ${logAdvice(context)}`
    case 'running':
      return `it is not finished yet; look again with m2m status ${name}. If it stays so, ${logAdvice(context)}`
    case 'busy':
      return `another rotation is under way, and none was requested; see m2m status ${name}`
    case 'gone':
      return 'its secret is gone; see m2m list'
    default:
      return undefined
  }
}

const byName = (one: RotationResult, other: RotationResult): number => (one.name < other.name ? -1 : 1)

export const rotationEnding = (
  context: CommandContext,
  { verb, counts }: { readonly verb: string; readonly counts: SelectionCounts },
  results: readonly RotationResult[],
): Ending => {
  const failed = results.filter(({ outcome }) => !harmless.includes(outcome)).length
  const sorted = results.toSorted(byName)
  const lines = sorted.map(({ name, outcome, why = '' }) => [name, words[outcome], why])
  return {
    json: { stage: context.stage, intent: verb, results: sorted, counts },
    text: table(['CLIENT', verb.toUpperCase(), ''], lines),
    exitCode: exitOf({ done: results.length - failed, failed }),
  }
}
