// The vendor with the SDK's client in place of the signer, and nothing else changed.

import { createStytchMint } from '../../../lambda/adapters/vend/stytch-mint.ts'
import { createTokenCache } from '../../../lambda/core/vend/token-cache.ts'
import { vendRules } from '../../../lambda/core/vend/vending.ts'
import { readVendorEnv } from '../../../lambda/env/vendor.ts'
import { processEnvironment } from '../../../lambda/env.ts'
import { createVendHandler } from '../../../lambda/handlers/vend-handler.ts'
import { createSdkSecrets } from './sdk-secrets.ts'

const settings = readVendorEnv(processEnvironment())

export const handler = createVendHandler({
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
    console.log(JSON.stringify(line))
  },
})
