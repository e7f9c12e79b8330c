// The configuration with every feature that a stack may have, for tests of what must hold whatever is switched on.
import { ACCOUNT, exampleConfig, REGION } from './synth.ts'

const key = (id: number): string => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`

export const everything = {
  stytch: {
    ...exampleConfig.stytch,
    projectSecretKeyArn: key(1),
    projectRotation: {
      projectSlug: 'acme',
      environmentSlug: 'production',
      workspaceKeySecretName: 'stytch/workspace',
      workspaceKeySecretKeyArn: key(2),
    },
  },
  operators: [`arn:aws:iam::${ACCOUNT}:role/operator`],
  incidents: {
    security: { roleArns: ['arn:aws:iam::222222222222:role/security-desk'] },
    intake: {
      signingSecretName: 'm2m-intake/prod/signing',
      githubAppSecretName: 'm2m-intake/prod/app',
      secretsKeyArn: key(3),
    },
  },
  rotation: { adoptionProof: {} },
  vendor: { endpoint: 'regional', admits: [{ account: '333333333333', clients: ['billing'] }] },
  replicas: [{ region: 'eu-north-1' }],
  network: { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] },
  monitoringKey: 'create',
}
