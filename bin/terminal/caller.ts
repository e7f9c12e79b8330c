// Who the caller is, as AWS knows it: STS's GetCallerIdentity, which everybody may call. For what is recorded about a person's work, and for
// messages that say who may not.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { processEndpoint } from './cli-env.ts'

const TIMEOUT_MS = 2000

/** Without account and partition: `assumed-role/operator/ada`. Fits a tag's value. */
export const principalOf = (arn: string): string =>
  arn
    .split(':')
    .slice(5)
    .join(':')
    .replace(/[^\p{L}\p{N} _.:/=+\-@]/gu, '_')
    .slice(0, 256)

/** @returns undefined: STS did not answer, or named nobody. Never throws. */
export const readCaller = async (base: SecretsManagerClient): Promise<string | undefined> => {
  const { createSignedCall } = await import('../../lambda/adapters/aws/signed-call.ts')
  const call = createSignedCall(base, { service: 'sts', endpoint: processEndpoint('STS') })
  const request = {
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  }
  const reply = await call(request, TIMEOUT_MS).catch(() => undefined)
  const [, arn = ''] = /<Arn>([^<]+)<\/Arn>/.exec(reply?.status === 200 ? reply.body : '') ?? []
  return arn === '' ? undefined : principalOf(arn)
}
