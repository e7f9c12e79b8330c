// The token vendor: API Gateway calls it for each request that IAM has let through. Reads the settings and puts the adapters together,
// once per execution environment: undici and AWS's signer, and no client of the SDK (docs/decisions/023).

import { createSignedEvents } from '../adapters/aws/events.ts'
import { createPublishedReader } from '../adapters/vend/published-revocations.ts'
import { createAwsJson } from '../adapters/vend/signed-json.ts'
import { createStytchMint } from '../adapters/vend/stytch-mint.ts'
import { createVendSecrets } from '../adapters/vend/vend-secrets.ts'
import { VENDOR_SOURCE } from '../core/base/event-types.ts'
import { createTokenCache } from '../core/vend/token-cache.ts'
import { vendRules } from '../core/vend/vending.ts'
import { readVendorEnv } from '../env/vendor.ts'
import { processEnvironment } from '../env.ts'
import { writeEntry } from './journal.ts'
import { createVendHandler } from './vend-handler.ts'

const settings = readVendorEnv(processEnvironment())
const { aws } = settings

export const handler = createVendHandler({
  settings,
  vending: {
    secretNamePrefix: settings.secretNamePrefix,
    extraPrefixes: settings.extraPrefixes,
    rules: { ...vendRules, checkMs: settings.checkSeconds * 1000 },
    secrets: createVendSecrets(createAwsJson(aws, { name: 'secretsmanager', target: 'secretsmanager' })),
    mint: createStytchMint(settings.stytch),
    published: createPublishedReader(aws, settings.revocationsBucket),
    cache: createTokenCache(),
    events: createSignedEvents(
      createAwsJson(aws, { name: 'events', target: 'AWSEvents' }),
      settings.eventBus,
      VENDOR_SOURCE,
    ),
    chance: Math.random,
  },
  write: writeEntry,
})
