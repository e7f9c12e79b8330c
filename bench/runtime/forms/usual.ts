// The vendor as one would usually put it together: the SDK's whole client with its credential chain, undici as it comes, Powertools for
// log and metrics, zod for the event. The rules are the vendor's own, so that both do the same work.

import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { Context } from 'aws-lambda'
import { z } from 'zod'
import { createStytchMint } from '../../../lambda/adapters/vend/stytch-mint.ts'
import { isClientName } from '../../../lambda/core/secret/client-name.ts'
import { createTokenCache } from '../../../lambda/core/vend/token-cache.ts'
import { vendRules } from '../../../lambda/core/vend/vending.ts'
import { readVendorEnv } from '../../../lambda/env/vendor.ts'
import { processEnvironment } from '../../../lambda/env.ts'
import { createVendHandler } from '../../../lambda/handlers/vend-handler.ts'
import { createSdkSecrets } from './sdk-secrets.ts'

const settings = readVendorEnv(processEnvironment())
const logger = new Logger({ serviceName: 'vendor' })
const metrics = new Metrics({ namespace: 'm2m', serviceName: 'vendor' })

const Event = z.object({
  resource: z.string(),
  path: z.string(),
  httpMethod: z.string(),
  pathParameters: z.object({ client: z.string().refine(isClientName) }),
  body: z.string().nullable(),
  requestContext: z.object({
    apiId: z.string(),
    identity: z.object({ userArn: z.string(), accountId: z.string(), caller: z.string() }),
  }),
})
const Body = z.object({ scopes: z.array(z.string()).optional(), min_ttl: z.number().int().optional() })

const vend = createVendHandler({
  settings,
  vending: {
    secretNamePrefix: settings.secretNamePrefix,
    rules: vendRules,
    secrets: createSdkSecrets(),
    mint: createStytchMint(settings.stytch),
    cache: createTokenCache(),
    events: { publish: async () => {} },
    chance: Math.random,
  },
  write: (line) => {
    logger.info('vend', line)
  },
})

export const handler = async (event: unknown, context: Context): Promise<object> => {
  logger.addContext(context)
  const { body } = Event.parse(event)
  Body.parse(JSON.parse(body ?? '{}'))
  const answer = await vend(event, context)
  metrics.addMetric('vended', MetricUnit.Count, 1)
  metrics.publishStoredMetrics()
  return answer
}
