// The resource policy on a secret, as far as the sweep needs it: whether it is one that the stage writes. The policy itself goes nowhere.

import { GetResourcePolicyCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { comparePolicy } from '../../core/clients/compare-policy.ts'
import type { PolicyLooks } from '../../core/sweep/look-at-policies.ts'
import { attempt } from './aws-call.ts'

export const createPolicyLooks = (client: SecretsManagerClient): PolicyLooks => ({
  look: async (subject) => {
    const { secretArn } = subject
    const reply = await attempt({ operation: 'GetResourcePolicy', subject: secretArn }, () =>
      client.send(new GetResourcePolicyCommand({ SecretId: secretArn })),
    )
    return comparePolicy({ ...subject, text: reply.ResourcePolicy })
  },
})
