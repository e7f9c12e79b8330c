// The policy on a secret as Secrets Manager hands it back: ours as it was written, none, somebody else's, and none that may be read.
import { CreateSecretCommand, PutResourcePolicyCommand } from '@aws-sdk/client-secrets-manager'
import { expect, test } from 'vitest'
import { createPolicyLooks } from '../../../lambda/adapters/aws/policy-looks.ts'
import { secretPolicy } from '../../../lambda/core/clients/secret-policy.ts'
import { useAws } from '../../fakes/stand-ins.ts'

const awsPlace = useAws()
const role = (name: string): string => `arn:aws:iam::111111111111:role/${name}`

test('is told apart from none, and from one of somebody else’s', async () => {
  const { secrets } = awsPlace.sdk()
  const { ARN: secretArn = '' } = await secrets.send(new CreateSecretCommand({ Name: 'm2m/prod/billing' }))
  const roles = { readers: [role('rotation')], changers: [role('deploy')], consumers: [role('billing')] }
  const put = (policy: object) =>
    secrets.send(new PutResourcePolicyCommand({ SecretId: secretArn, ResourcePolicy: JSON.stringify(policy) }))
  const looks = createPolicyLooks(secrets)
  const look = () => looks.look({ secretArn, isInPlace: false, isReadingOpen: false })

  expect(await look()).toBe('missing')
  await put(secretPolicy(secretArn, roles))
  expect(await look()).toBe('ours')
  await put({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: role('x') }, Action: 'secretsmanager:GetSecretValue', Resource: '*' },
    ],
  })
  expect(await look()).toBe('foreign')
  awsPlace.standIn.faults.add({ op: 'GetResourcePolicy', kind: 'error', status: 400, count: 9 })
  await expect(look()).rejects.toMatchObject({ name: 'Fault' })
})
