// `GET /revocations`: the published list as it lies in its bucket, by API Gateway's own integration with S3. No function stands between a
// verifier and the list, so that neither a busy vendor nor one that is down keeps it from anybody; and whoever has it already gets a 304.

import { Stack, Validations } from 'aws-cdk-lib'
import { AwsIntegration, type IntegrationResponse, type MethodResponse, type RestApi } from 'aws-cdk-lib/aws-apigateway'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import { REVOCATIONS_OBJECT } from '../../lambda/core/revocations/document.ts'
import type { RevocationList } from '../base/revocation-list.ts'
import { functionName, type StageNames } from '../config/stage-names.ts'

/** As S3 sends them. */
const PASSED = ['Content-Type', 'ETag', 'Cache-Control', 'Last-Modified'] as const

const passed = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`method.response.header.${name}`, `integration.response.header.${name}`]))

const declared = (names: readonly string[]): Record<string, boolean> =>
  Object.fromEntries(names.map((name) => [`method.response.header.${name}`, true]))

const LATER = JSON.stringify({
  error: 'temporarily_unavailable',
  error_description: 'The list of revocations cannot be read just now.',
})

/** Whatever S3 refuses is for us to fix, and for a verifier to try again. */
const later = (selectionPattern: string): IntegrationResponse => ({
  selectionPattern,
  statusCode: '503',
  responseParameters: {
    'method.response.header.Content-Type': "'application/json'",
    'method.response.header.Retry-After': "'5'",
    'method.response.header.Cache-Control': "'no-store'",
  },
  responseTemplates: { 'application/json': LATER, 'application/xml': LATER },
})

const integrationResponses: readonly IntegrationResponse[] = [
  { statusCode: '200', responseParameters: passed(PASSED) },
  { selectionPattern: '304', statusCode: '304', responseParameters: passed(['ETag', 'Cache-Control']) },
  later('4\\d{2}'),
  later('5\\d{2}'),
]

const methodResponses: readonly MethodResponse[] = [
  { statusCode: '200', responseParameters: declared(PASSED) },
  { statusCode: '304', responseParameters: declared(['ETag', 'Cache-Control']) },
  { statusCode: '503', responseParameters: declared(['Content-Type', 'Retry-After', 'Cache-Control']) },
]

interface Served {
  readonly names: StageNames
  readonly revocations: RevocationList
}

export const serveRevocations = (scope: Construct, api: RestApi, { names, revocations }: Served): void => {
  const { region } = Stack.of(scope)
  const role = new Role(scope, 'RevocationsRole', {
    roleName: `${functionName(names, 'vendor')}-revocations-${region}`,
    description: `Reads the list of revocations of stage ${names.stage} for whoever asks the vendor's API`,
    assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
  })
  revocations.mayRead(role)
  const asked = 'If-None-Match'
  const integration = new AwsIntegration({
    service: 's3',
    region,
    path: `${revocations.bucket.bucketName}/${REVOCATIONS_OBJECT}`,
    integrationHttpMethod: 'GET',
    options: {
      credentialsRole: role,
      requestParameters: { [`integration.request.header.${asked}`]: `method.request.header.${asked}` },
      integrationResponses: [...integrationResponses],
    },
  })
  const method = api.root.addResource('revocations').addMethod('GET', integration, {
    requestParameters: { [`method.request.header.${asked}`]: false },
    methodResponses: [...methodResponses],
  })
  Validations.of(method).acknowledge({
    id: 'AwsSolutions-COG4',
    reason: 'Callers are roles and sign with their own keys: IAM says who may read the list',
  })
}
