// Both stand-ins on free ports, with the real clients pointed at them: what an adapter's test talks to over HTTP. Closed again after
// each test file.
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { awsClientSettings } from '../../lambda/adapters/aws/aws-call.ts'
import { createStytchApi, type StytchSettings } from '../../lambda/adapters/stytch/api.ts'
import { createSend } from '../../lambda/adapters/stytch/http.ts'
import { createAwsStandIn } from '../../lambda/local/aws/aws-stand-in.ts'
import type { TableInput } from '../../lambda/local/aws/table-operations.ts'
import { createWorld } from '../../lambda/local/stand-in/world.ts'
import { createStytchStandIn } from '../../lambda/local/stytch/stytch-stand-in.ts'
import { createFakeTiming } from './fake-timing.ts'

export const PROJECT_ID = 'project-test-00000000-0000-4000-8000-000000000000'
export const PROJECT_SECRET = 'canary-project-secret'

/** To be called at the top of a test file. */
export const useStytch = () => {
  const world = createWorld()
  const stytch = createStytchStandIn({ world, projectId: PROJECT_ID, projectSecret: PROJECT_SECRET })
  let origin = ''
  beforeAll(async () => {
    origin = await stytch.server.listen(0)
  })
  beforeEach(() => world.reset())
  afterAll(() => stytch.server.close())

  /** The API as a function would have it, with a clock that does not wait. */
  const connect = (more: Partial<StytchSettings> = {}, remainingMs = 30_000) => {
    const timing = createFakeTiming()
    timing.restart(remainingMs)
    const credentials = async () => ({ projectId: PROJECT_ID, secret: PROJECT_SECRET })
    const reach: StytchSettings = {
      baseUrl: origin,
      projectId: PROJECT_ID,
      credentials,
      send: createSend(),
      timing,
      ...more,
    }
    return { api: createStytchApi(reach), reach, timing }
  }
  const calls = () => stytch.server.calls().map(({ op }) => op)
  return { world, stytch, connect, calls, origin: () => origin }
}

/** To be called at the top of a test file. */
export const useAws = (tables: readonly TableInput[] = []) => {
  const world = createWorld()
  const standIn = createAwsStandIn({ world, invoke: async () => ({ ok: true }), settings: { redriveCount: 0 }, tables })
  let origin = ''
  let clients: { readonly secrets: SecretsManagerClient; readonly events: EventBridgeClient } | undefined
  beforeAll(async () => {
    const endpoint = await standIn.listen(0)
    origin = endpoint
    const settings = {
      ...awsClientSettings,
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    }
    clients = { secrets: new SecretsManagerClient(settings), events: new EventBridgeClient(settings) }
  })
  beforeEach(() => world.reset())
  afterAll(async () => {
    clients?.secrets.destroy()
    clients?.events.destroy()
    await standIn.close()
  })
  const sdk = () => {
    if (clients === undefined) throw new Error('the stand-in is not up yet')
    return clients
  }
  const calls = () => standIn.calls().map(({ op }) => op)
  return { world, standIn, sdk, calls, origin: () => origin }
}
