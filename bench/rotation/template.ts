// What AWS's generic template comes to with Stytch behind it, step by step, re-created from its own order of calls: the guard that describes
// the secret before every step, every value read anew, the vendor's admin credentials read where they are needed, no retry, no look at the
// vendor, and the old value ended in the last step, as the template for vendors that make their own tokens does. A consumer that cached the
// old value fails from then on; a value that is lost between start and PutSecretValue stays open at Stytch.
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'

interface StepEvent {
  readonly Step: string
  readonly SecretId: string
  readonly ClientRequestToken: string
}

const { STYTCH_BASE_URL = '', STYTCH_SECRET_ID = '' } = process.env
const client = new SecretsManagerClient({})

const read = async (SecretId: string, stage: string, VersionId?: string): Promise<Record<string, string>> => {
  const which = VersionId === undefined ? {} : { VersionId }
  const { SecretString = '{}' } = await client.send(
    new GetSecretValueCommand({ SecretId, VersionStage: stage, ...which }),
  )
  return JSON.parse(SecretString) as Record<string, string>
}

const stytch = async (path: string): Promise<Record<string, Record<string, string>>> => {
  const { project_id, secret } = await read(STYTCH_SECRET_ID, 'AWSCURRENT')
  const reply = await fetch(`${STYTCH_BASE_URL}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${project_id}:${secret}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: '{}',
  })
  if (!reply.ok) throw new Error(`Stytch answered ${reply.status}`)
  return (await reply.json()) as Record<string, Record<string, string>>
}

const createSecret = async ({ SecretId, ClientRequestToken }: StepEvent): Promise<void> => {
  const current = await read(SecretId, 'AWSCURRENT')
  try {
    await read(SecretId, 'AWSPENDING', ClientRequestToken)
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error
    const { m2m_client: made } = await stytch(`/v1/m2m/clients/${current.client_id}/secrets/rotate/start`)
    const next = { ...current, client_secret: made?.next_client_secret }
    const stored = { SecretId, ClientRequestToken, SecretString: JSON.stringify(next), VersionStages: ['AWSPENDING'] }
    await client.send(new PutSecretValueCommand(stored))
  }
}

const testSecret = async ({ SecretId, ClientRequestToken }: StepEvent): Promise<void> => {
  const { client_id = '', client_secret = '', token_url = '' } = await read(SecretId, 'AWSPENDING', ClientRequestToken)
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret })
  const reply = await fetch(token_url, { method: 'POST', body })
  if (!reply.ok) throw new Error(`the pending value was answered ${reply.status}`)
  await reply.json()
}

const finishSecret = async ({ SecretId, ClientRequestToken }: StepEvent): Promise<void> => {
  const { VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }))
  const current = Object.keys(VersionIdsToStages).find((id) => VersionIdsToStages[id]?.includes('AWSCURRENT'))
  if (current === undefined || current === ClientRequestToken) return
  await client.send(
    new UpdateSecretVersionStageCommand({
      SecretId,
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: ClientRequestToken,
      RemoveFromVersionId: current,
    }),
  )
  const { client_id } = await read(SecretId, 'AWSCURRENT')
  await stytch(`/v1/m2m/clients/${client_id}/secrets/rotate`)
}

const steps: Readonly<Record<string, (event: StepEvent) => Promise<void>>> = {
  createSecret,
  setSecret: async () => {},
  testSecret,
  finishSecret,
}

export const handler = async (event: StepEvent): Promise<void> => {
  const { SecretId, ClientRequestToken, Step } = event
  const { RotationEnabled, VersionIdsToStages = {} } = await client.send(new DescribeSecretCommand({ SecretId }))
  if (RotationEnabled !== true) throw new Error('the secret is not enabled for rotation')
  const stages = VersionIdsToStages[ClientRequestToken]
  if (stages === undefined) throw new Error('the version has no stage for rotation')
  if (stages.includes('AWSCURRENT')) return
  if (!stages.includes('AWSPENDING')) throw new Error('the version is not AWSPENDING')
  await steps[Step]?.(event)
}
