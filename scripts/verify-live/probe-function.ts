// A rotation function that looks instead of rotating anything real: it goes through the four steps on a throw-away secret, fails
// when the secret's plan says so, and writes down as tags what Secrets Manager showed it. Deployed by hand for `npm run verify:live`
// (docs/verifying.md), run by the laptop for its rehearsal; never part of the stack. It refuses any secret outside of the prefix.
import { randomUUID } from 'node:crypto'
import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { PLAN_TAG, recordFor } from './probe-journal.ts'

interface StepEvent {
  readonly Step: string
  readonly SecretId: string
  readonly ClientRequestToken: string
  readonly RotationToken?: string
}

type Facts = Record<string, string>
type Labels = NonNullable<DescribeSecretCommandOutput['VersionIdsToStages']>

const secretsManager = new SecretsManagerClient({})

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')

const outcomeOf = async (call: Promise<unknown>): Promise<string> => {
  try {
    await call
    return 'done'
  } catch (error) {
    return nameOf(error)
  }
}

const holderOf = (labels: Labels, label: string): string | undefined =>
  Object.keys(labels).find((versionId) => labels[versionId]?.includes(label))

const read = async (
  SecretId: string,
  query: { VersionId?: string; VersionStage?: string },
): Promise<string | Error> => {
  try {
    const { SecretString: text = '' } = await secretsManager.send(new GetSecretValueCommand({ SecretId, ...query }))
    return text
  } catch (error) {
    return error instanceof Error ? error : new Error('unknown')
  }
}

const put = (event: StepEvent, text: string): Promise<string> =>
  outcomeOf(
    secretsManager.send(
      new PutSecretValueCommand({
        SecretId: event.SecretId,
        ClientRequestToken: event.ClientRequestToken,
        SecretString: text,
        VersionStages: ['AWSPENDING'],
        RotationToken: event.RotationToken,
      }),
    ),
  )

const lookAtPending = async ({ SecretId, ClientRequestToken }: StepEvent): Promise<string> => {
  const pending = await read(SecretId, { VersionId: ClientRequestToken, VersionStage: 'AWSPENDING' })
  if (pending instanceof Error) return `absent:${pending.name}`
  const current = await read(SecretId, { VersionStage: 'AWSCURRENT' })
  return pending === current ? 'current' : 'other'
}

const createSecret = async (event: StepEvent, labels: Labels): Promise<Facts> => {
  const isPending = labels[event.ClientRequestToken]?.includes('AWSPENDING') === true
  const facts: Facts = { onRecord: isPending ? 'AWSPENDING' : 'without', pending: await lookAtPending(event) }
  if (facts.pending?.startsWith('absent') !== true) return facts
  const text = JSON.stringify({ probe: randomUUID() })
  return {
    ...facts,
    filled: await put(event, text),
    sameText: await put(event, text),
    otherText: await put(event, JSON.stringify({ probe: randomUUID() })),
  }
}

const finishSecret = async ({ SecretId, ClientRequestToken }: StepEvent, labels: Labels): Promise<Facts> => {
  const current = holderOf(labels, 'AWSCURRENT')
  if (current === ClientRequestToken) return { moved: 'before' }
  const move = new UpdateSecretVersionStageCommand({
    SecretId,
    VersionStage: 'AWSCURRENT',
    MoveToVersionId: ClientRequestToken,
    RemoveFromVersionId: current,
  })
  return { moved: await outcomeOf(secretsManager.send(move)) }
}

/** @throws Error on purpose, when the plan says so. */
export const handler = async (event: StepEvent): Promise<void> => {
  const { Step: step, SecretId, ClientRequestToken: token, RotationToken: rotationToken } = event
  const at = Date.now()
  const {
    Name: name = '',
    Tags: tags = [],
    VersionIdsToStages: labels = {},
  } = await secretsManager.send(new DescribeSecretCommand({ SecretId }))
  if (!name.startsWith('m2m-verify/')) throw new Error('The probe touches nothing outside of m2m-verify/.')
  const plan = tags.find(({ Key }) => Key === PLAN_TAG)?.Value

  const facts: Facts =
    step === 'createSecret'
      ? await createSecret(event, labels)
      : step === 'testSecret'
        ? { pending: await lookAtPending(event) }
        : step === 'finishSecret'
          ? await finishSecret(event, labels)
          : {}
  const record = recordFor(tags, plan, { step, at, token, hasRotationToken: rotationToken !== undefined, facts })
  if (record !== undefined) {
    await outcomeOf(secretsManager.send(new TagResourceCommand({ SecretId, Tags: [record] })))
  }
  if (plan === 'fail-test' && step === 'testSecret') throw new Error('The probe fails on demand.')
}
