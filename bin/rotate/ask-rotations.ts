// Asks for rotations, of one client or many: judges each by what DescribeSecret shows, asks a person where something would end early or many
// are meant, keeps to a pace, and waits for the end when asked to. It reads no value, and changes nothing but by RotateSecret.

import { defined } from '../../lambda/core/base/defined.ts'
import { Fault } from '../../lambda/core/base/fault.ts'
import { forEachLimited } from '../../lambda/core/base/for-each-limited.ts'
import { type FreezeState, stops } from '../../lambda/core/rotation/freeze.ts'
import type { Secret } from '../../lambda/core/secret/secret.ts'
import { clientIdOf } from '../../lambda/core/secret/secret-tags.ts'
import type { Secrets } from '../../lambda/core/secret/secrets.ts'
import type { ChosenSecrets } from '../show/choose.ts'
import { asOfView, type Row, rowOf } from '../show/client-rows.ts'
import type { CommandContext } from '../terminal/command-context.ts'
import { CommandFault, type Ending, EXIT } from '../terminal/command-fault.ts'
import { count } from '../terminal/words.ts'
import { askOnce, waitForEnd } from './await-rotation.ts'
import { type Outcome, type RotationResult, rotationEnding, whyNot } from './rotation-results.ts'

/** ask: nothing is in the way. confirm: it may be asked for, and costs somebody something. refuse: it may not. skip: nothing to do. */
export type RotationVerdict =
  | { readonly is: 'ask' }
  | { readonly is: 'confirm' | 'refuse' | 'skip'; readonly why: string }

interface RotationOrder extends ChosenSecrets {
  readonly verb: 'rotate' | 'settle' | 'rollback'
  readonly judge: (row: Row) => RotationVerdict
  readonly tokenOf: (secret: Secret, secrets: Pick<Secrets, 'listVersions'>) => Promise<string>
  readonly isDryRun: boolean
  readonly isSure: boolean
  readonly waits: boolean
  readonly timeoutMs: number
}

export interface RotationOptions {
  readonly dryRun?: true
  readonly yes?: true
  readonly wait?: true
  readonly timeout: number
}

const ASKED_AT_ONCE = 10
/** Of the 50 RotateSecret a second that the whole account has. */
const ASKED_PER_SECOND = 20

const rotateOne = async (context: CommandContext, order: RotationOrder, row: Row): Promise<RotationResult> => {
  const { secrets } = await context.connect()
  const { secret, name } = row
  const clientId = clientIdOf(secret)
  const token = await order.tokenOf(secret, secrets)
  const about = { name, clientId, requestToken: token }
  const reply = await askOnce(context, secrets, { secretArn: secret.arn, token })
  const outcome: Outcome =
    reply === 'asked' && order.waits
      ? await waitForEnd(context, secrets, { secretArn: secret.arn, token, timeoutMs: order.timeoutMs })
      : reply
  const why = whyNot(outcome, context, name)
  return { ...about, outcome, ...defined({ why }) }
}

/** Known beforehand where it can be read; createSecret asks for itself. */
const frozenOf = async (context: CommandContext): Promise<FreezeState> => {
  const { freeze } = await context.connect()
  const state = await freeze.read().catch(() => 'off' as const)
  return state === 'unreadable' ? 'off' : state
}

const frozenVerdict = (
  freeze: FreezeState,
  intent: RotationOrder['verb'],
  { visible }: Row,
): RotationVerdict | undefined => {
  const currentOrigin = visible.last?.origin ?? 'register'
  if (!stops(freeze, { intent, currentOrigin })) return undefined
  return { is: 'refuse', why: `rotations are frozen (${freeze}); m2m freeze off lifts it` }
}

interface Judged {
  readonly row: Row
  readonly verdict: RotationVerdict
}

const askAPerson = async (
  context: CommandContext,
  { verb, isSure, secrets }: RotationOrder,
  judged: readonly Judged[],
) => {
  const costly = judged.flatMap(({ row, verdict }) =>
    verdict.is === 'confirm' ? [`${row.name}: ${verdict.why}.`] : [],
  )
  const wanted = judged.filter(({ verdict }) => verdict.is === 'ask' || verdict.is === 'confirm').length
  if (costly.length === 0 && secrets.length <= 1) return
  if (!isSure) for (const line of costly.slice(0, 10)) context.screen.note(line)
  if (!isSure && costly.length > 10)
    context.screen.note(`… and ${count(costly.length - 10, 'more', 'more')} of the kind.`)
  if (wanted > 0) await context.screen.confirm(`${verb} ${count(wanted, 'client')} in stage ${context.stage}?`, isSure)
}

const toResult = ({ row, verdict }: Judged, outcome: Outcome): RotationResult => ({
  name: row.name,
  clientId: clientIdOf(row.secret),
  outcome,
  ...('why' in verdict ? { why: verdict.why } : {}),
})

/** A single client that may not be rotated is a refusal; of many, one of the results. */
const assertAllowed = (judged: readonly Judged[]): void => {
  const [only] = judged
  if (judged.length === 1 && only?.verdict.is === 'refuse') {
    throw new CommandFault(EXIT.refused, `${only.row.name} was left as it is: ${only.verdict.why}`)
  }
}

export const askRotations = async (context: CommandContext, order: RotationOrder): Promise<Ending> => {
  const view = await context.view()
  const { secrets } = await context.connect()
  const asOf = asOfView(view, context.timing.now())
  const frozen = await frozenOf(context)
  const judge = (row: Row): RotationVerdict => frozenVerdict(frozen, order.verb, row) ?? order.judge(row)
  const judged = order.secrets.map((secret): Judged => {
    const row = rowOf(secret, view, asOf)
    return { row, verdict: judge(row) }
  })
  assertAllowed(judged)
  const results: RotationResult[] = judged.flatMap((one) => {
    if (one.verdict.is === 'refuse') return [toResult(one, 'failed')]
    return one.verdict.is === 'skip' ? [toResult(one, 'skipped')] : []
  })
  const wanted = judged.filter(({ verdict }) => verdict.is === 'ask' || verdict.is === 'confirm')
  if (order.isDryRun) {
    return rotationEnding(context, order, [...results, ...wanted.map((one) => toResult(one, 'wouldAsk'))])
  }
  await askAPerson(context, order, judged)
  const progress = context.screen.progress(`Asking for ${order.verb}`)
  const pace = {
    timing: context.timing,
    concurrency: ASKED_AT_ONCE,
    perSecond: ASKED_PER_SECOND,
    isThrottle: (error: unknown) => error instanceof Fault && error.retryable,
    onFailure: ({ row }: Judged, error: unknown) => {
      const why = error instanceof Fault ? error.message : 'an unforeseen failure'
      results.push({ name: row.name, clientId: clientIdOf(row.secret), outcome: 'failed', why })
    },
  }
  await forEachLimited(wanted, pace, async (one) => {
    // ListSecrets may lag behind: many were chosen by it.
    const secret = wanted.length === 1 ? one.row.secret : await secrets.describe(one.row.secret.arn)
    const row = secret === undefined ? one.row : rowOf(secret, view, asOfView(view, context.timing.now()))
    const verdict = judge(row)
    if (verdict.is === 'refuse') results.push(toResult({ row, verdict }, 'failed'))
    else if (verdict.is === 'skip') results.push(toResult({ row, verdict }, 'skipped'))
    else results.push(await rotateOne(context, order, row))
    progress.at(results.length, judged.length)
  })
  progress.end()
  return rotationEnding(
    context,
    order,
    results.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
  )
}
