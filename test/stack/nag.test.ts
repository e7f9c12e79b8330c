// What AWS's own rule packs have against the stack: nothing that is not explained, and no explanation that explains nothing.
import { Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { expect, test } from 'vitest'
import { ACCOUNT, exampleConfig, REGION, synthStack } from './synth.ts'

const network = { subnetIds: ['subnet-0123456789abcdef0'], securityGroupIds: ['sg-0123456789abcdef0'] }
const replicas = [{ region: 'eu-north-1' }]

const variants = {
  'as the example ships': {},
  'inside of a VPC, with replicas': { network, replicas },
  'without alarm address, break-glass role and clients': {
    alarms: { noneBecause: 'somebody else subscribes' },
    breakGlass: { noneBecause: 'the root removes the policy' },
    clients: [],
  },
  'account and Region open': { environment: undefined },
  'with the project secret rotated, and keys of its own': {
    stytch: {
      ...exampleConfig.stytch,
      projectSecretKeyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/1`,
      projectRotation: {
        projectSlug: 'acme',
        environmentSlug: 'production',
        workspaceKeySecretName: 'stytch/workspace',
        workspaceKeySecretKeyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/2`,
      },
    },
  },
  'with proof of adoption': { rotation: { adoptionProof: {} } },
  'with a leak intake and a security role': {
    incidents: {
      security: { roleArns: ['arn:aws:iam::222222222222:role/security-desk'] },
      intake: { signingSecretName: 'm2m-intake/prod/signing' },
    },
  },
  'with a leak intake behind a web ACL that is made': {
    incidents: { intake: { signingSecretName: 'm2m-intake/prod/signing', requestsPerAddress: 300 } },
  },
}

test.each(Object.entries(variants))('the rule packs find nothing unexplained: %s', (_name, changes) => {
  const { app } = synthStack(changes)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }), new ServerlessChecks(app))

  const synth = () => app.synth()

  expect(synth).not.toThrow()
})
