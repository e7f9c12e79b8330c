// The rotation as one would put it together of what there is: Stytch's own SDK, Powertools parameters for what is read, Powertools for the log,
// and AWS's SDK for the rest. It follows Stytch's guide: look whether a rotation is open, start, store, switch, rotate.
import { Logger } from '@aws-lambda-powertools/logger'
import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets'
import {
  DescribeSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { Client } from 'stytch'

interface StepEvent {
  readonly Step: string
  readonly SecretId: string
  readonly ClientRequestToken: string
}

const { STYTCH_BASE_URL = '', STYTCH_SECRET_ID = '' } = process.env
const logger = new Logger({ serviceName: 'rotation' })
const client = new SecretsManagerClient({})
const parameters = new SecretsProvider({ awsSdkV3Client: client })

const readJson = async (name: string, more: object = {}): Promise<Record<string, string>> =>
  (await parameters.get(name, { transform: 'json', ...more })) as Record<string, string>

let stytch: Client | undefined
const connect = async (): Promise<Client> => {
  if (stytch !== undefined) return stytch
  const { project_id = '', secret = '' } = await readJson(STYTCH_SECRET_ID)
  stytch = new Client({ project_id, secret, env: `${STYTCH_BASE_URL}/` })
  return stytch
}

const labelsOf = async (SecretId: string): Promise<Record<string, string[]>> =>
  (await client.send(new DescribeSecretCommand({ SecretId }))).VersionIdsToStages ?? {}

/** Never from the cache: a rotation that trusts what it read five seconds ago would store the wrong value. */
const readNow = (SecretId: string, which: object): Promise<Record<string, string>> =>
  readJson(SecretId, { forceFetch: true, sdkOptions: which })

const steps: Readonly<Record<string, (event: StepEvent) => Promise<void>>> = {
  createSecret: async ({ SecretId, ClientRequestToken }) => {
    const current = await readNow(SecretId, { VersionStage: 'AWSCURRENT' })
    const { m2m } = await connect()
    const client_id = current.client_id ?? ''
    const { m2m_client } = await m2m.clients.get({ client_id })
    if (m2m_client.next_client_secret_last_four) await m2m.clients.secrets.rotateCancel({ client_id })
    const started = await m2m.clients.secrets.rotateStart({ client_id })
    const next = { ...current, client_secret: started.m2m_client.next_client_secret }
    await client.send(
      new PutSecretValueCommand({
        SecretId,
        ClientRequestToken,
        SecretString: JSON.stringify(next),
        VersionStages: ['AWSPENDING'],
      }),
    )
  },
  setSecret: async () => {},
  testSecret: async ({ SecretId, ClientRequestToken }) => {
    const { client_id = '', client_secret = '' } = await readNow(SecretId, { VersionId: ClientRequestToken })
    const { m2m } = await connect()
    await m2m.token({ client_id, client_secret })
  },
  finishSecret: async ({ SecretId, ClientRequestToken }) => {
    const labels = await labelsOf(SecretId)
    const current = Object.keys(labels).find((id) => labels[id]?.includes('AWSCURRENT'))
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: 'AWSCURRENT',
        MoveToVersionId: ClientRequestToken,
        RemoveFromVersionId: current,
      }),
    )
    const { client_id = '' } = await readNow(SecretId, { VersionStage: 'AWSCURRENT' })
    const { m2m } = await connect()
    await m2m.clients.secrets.rotate({ client_id })
  },
}

export const handler = async (event: StepEvent): Promise<void> => {
  const { SecretId, ClientRequestToken, Step } = event
  const labels = (await labelsOf(SecretId))[ClientRequestToken]
  if (labels === undefined) throw new Error('no such version')
  if (labels.includes('AWSCURRENT')) return
  if (!labels.includes('AWSPENDING')) throw new Error('not pending')
  await steps[Step]?.(event)
  logger.info('step', { step: Step, secret: SecretId })
}
