// What Secrets Manager leaves open and the rotation rests on, on one secret that is rotated to the end: the dry run, the placeholder,
// used tokens, labels and the versions that lost theirs. What happens after a failure is in redrive-checks.ts.
import { randomUUID } from 'node:crypto'
import type { AwsSettings } from '../../lambda/local/aws/settings.ts'
import { type AwsCalls, holderOf, type SeenSecret } from './aws-calls.ts'
import { CheckBrokeOff, type CheckGroup } from './finding.ts'
import { type Run, until } from './run.ts'
import type { RunJournal } from './run-journal.ts'

export interface AwsChecks {
  readonly run: Run
  readonly calls: AwsCalls
  /** The stand-in's answers, as settings. */
  readonly expected: AwsSettings
  /** Where what is waited for long is written down. @default - a wait ends with the process */
  readonly journal?: Pick<RunJournal, 'waitingBefore' | 'waits'> | undefined
}

type Found = Parameters<CheckGroup['run']>[0]

const recordsOf = ({ records }: SeenSecret, token: string) => records.filter((record) => record.token === token)

/** Waits for what must come. @throws CheckBrokeOff */
const mustSee = async <T>({ run }: AwsChecks, what: string, look: () => Promise<T | undefined>): Promise<T> => {
  const seen = await until(run, run.pace.stepWaitMs, look)
  if (seen === undefined) throw new CheckBrokeOff(`${what} did not come within ${run.pace.stepWaitMs} ms`)
  return seen.value
}

const rotateTo = async (checks: AwsChecks, secretId: string, token: string): Promise<SeenSecret> => {
  const { calls } = checks
  const asked = await calls.rotate(secretId, token)
  if (asked !== 'done') throw new CheckBrokeOff(`RotateSecret met ${asked}`)
  return mustSee(checks, 'finishSecret', async () => {
    const seen = await calls.look(secretId)
    const isFinished = recordsOf(seen, token).some(({ step }) => step === 'finishSecret')
    return isFinished && holderOf(seen, 'AWSCURRENT') === token ? seen : undefined
  })
}

const dryRun = async (checks: AwsChecks, secretId: string, found: Found): Promise<void> => {
  const { calls, expected } = checks
  const token = randomUUID()
  const asked = await calls.rotate(secretId, token, false)
  if (asked !== 'done') throw new CheckBrokeOff(`RotateSecret met ${asked}`)
  const seen = await mustSee(checks, 'the end of the dry run', async () => {
    const look = await calls.look(secretId)
    return recordsOf(look, token).length > 0 && holderOf(look, 'AWSPENDING') === undefined ? look : undefined
  })
  const records = recordsOf(seen, token)
  const [value = 'unknown'] = records.map(({ facts }) => facts.pending?.split(':')[0] ?? 'unknown')
  found({
    check: 'the steps of RotateImmediately=false',
    expected: 'testSecret',
    seen: records.map(({ step }) => step).join(', '),
  })
  found({
    check: "the dry run's pending value",
    expected: expected.dryRunValue,
    seen: value,
    setting: 'dryRunValue',
  })
  found({
    check: "the dry run's version afterwards",
    expected: 'gone',
    seen: (await calls.versionIds(secretId)).includes(token) ? 'there, without a label' : 'gone',
  })
}

/** When AWSPENDING leaves the version that a success has made AWSCURRENT. */
const cleanup = async ({ run, calls, expected }: AwsChecks, secretId: string, found: Found): Promise<void> => {
  const gone = await until(run, run.pace.shortWaitMs, async () =>
    holderOf(await calls.look(secretId), 'AWSPENDING') === undefined ? true : undefined,
  )
  const seen = gone === undefined ? 'never' : gone.afterMs <= run.pace.atOnceMs ? 'at-once' : 'later'
  found({
    check: 'AWSPENDING leaves the new AWSCURRENT',
    expected: expected.pendingCleanup,
    seen,
    setting: 'pendingCleanup',
    set: seen === 'later' ? `later, pendingCleanupMs to ${gone?.afterMs}` : seen,
  })
}

const usedToken = async (
  { run, calls, expected }: AwsChecks,
  secretId: string,
  used: { token: string; found: Found },
) => {
  const { token, found } = used
  const before = recordsOf(await calls.look(secretId), token).length
  const asked = await calls.rotate(secretId, token)
  const again =
    asked === 'done'
      ? await until(run, run.pace.atOnceMs * 3, async () =>
          recordsOf(await calls.look(secretId), token).length > before ? true : undefined,
        )
      : undefined
  const seen = asked !== 'done' ? 'refuse' : again === undefined ? 'ignore' : 'redrive'
  found({
    check: 'RotateSecret with the token of a finished rotation',
    expected: expected.usedToken,
    seen,
    setting: 'usedToken',
  })
  if (asked !== 'done') found({ check: 'its error', expected: 'InvalidRequestException', seen: asked })
}

const firstRotation = async (checks: AwsChecks, secretId: string, found: Found): Promise<string> => {
  const token = randomUUID()
  const records = recordsOf(await rotateTo(checks, secretId, token), token)
  const created = records.find(({ step }) => step === 'createSecret')
  const facts = created?.facts ?? {}
  const claims: readonly (readonly [check: string, expected: string, seen: string | undefined])[] = [
    [
      'the steps of a rotation',
      'createSecret setSecret testSecret finishSecret',
      records.map(({ step }) => step).join(' '),
    ],
    ['its version before createSecret', 'AWSPENDING', facts.onRecord],
    ['GetSecretValue on the placeholder', 'absent:ResourceNotFoundException', facts.pending],
    ['PutSecretValue on the placeholder', 'done', facts.filled],
    ['PutSecretValue again, same token and text', 'done', facts.sameText],
    ['PutSecretValue again, same token, other text', 'ResourceExistsException', facts.otherText],
  ]
  for (const [check, expected, seen] of claims) found({ check, expected, seen })
  found({
    check: 'RotationToken in the event',
    expected: checks.expected.sendRotationToken,
    seen: created?.hasRotationToken,
    setting: 'sendRotationToken',
  })
  return token
}

const labels = async (
  { calls }: AwsChecks,
  secretId: string,
  ids: { firstId: string; token: string; found: Found },
) => {
  const { firstId, token, found } = ids
  found({
    check: 'AWSPREVIOUS after AWSCURRENT moved',
    expected: 'on the version before',
    seen: holderOf(await calls.look(secretId), 'AWSPREVIOUS') === firstId ? 'on the version before' : 'elsewhere',
  })
  found({
    check: 'GetSecretValue where label and version disagree',
    expected: 'InvalidRequestException, not associated',
    seen: await calls.read(secretId, { versionId: firstId, label: 'AWSCURRENT' }),
  })
  found({
    check: 'AWSCURRENT moved from a version that does not hold it',
    expected: 'InvalidParameterException',
    seen: (await calls.moveLabel(secretId, { label: 'AWSCURRENT', from: firstId, to: firstId })).split(',')[0],
  })
  found({
    check: 'AWSCURRENT moved without saying from where',
    expected: 'InvalidParameterException',
    seen: (await calls.moveLabel(secretId, { label: 'AWSCURRENT', to: firstId })).split(',')[0],
  })
  found({
    check: 'AWSCURRENT after both',
    expected: 'where it was',
    seen: holderOf(await calls.look(secretId), 'AWSCURRENT') === token ? 'where it was' : 'moved',
  })
}

const rotation = async (checks: AwsChecks, found: Found): Promise<void> => {
  const { calls } = checks
  const { secretId, firstId } = await calls.create('rotation', 'rotate')
  await dryRun(checks, secretId, found)
  const token = await firstRotation(checks, secretId, found)
  await cleanup(checks, secretId, found)
  await labels(checks, secretId, { firstId, token, found })
  await usedToken(checks, secretId, { token, found })
  await rotateTo(checks, secretId, randomUUID())
  found({
    check: 'a version that lost its labels, read by its id',
    expected: 'done',
    seen: await calls.read(secretId, { versionId: firstId }),
  })
  found({
    check: 'the same, among ListSecretVersionIds with IncludeDeprecated',
    expected: 'listed',
    seen: (await calls.versionIds(secretId)).includes(firstId) ? 'listed' : 'left out',
  })
}

export const awsGroups = (checks: AwsChecks): readonly CheckGroup[] => [
  { name: 'a rotation to its end', service: 'AWS', run: (found) => rotation(checks, found) },
]
