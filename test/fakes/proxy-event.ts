// An API Gateway REST proxy event with IAM auth, as API Gateway documents it; a test changes what it is about.

export interface EventChange {
  readonly apiId?: string
  readonly method?: string
  readonly resource?: string
  readonly path?: string
  readonly client?: string
  readonly body?: unknown
  readonly isBase64Encoded?: boolean
  readonly identity?: Readonly<Record<string, unknown>>
}

export const proxyEvent = (change: EventChange = {}) => {
  const { apiId = 'abc123def4', method = 'POST', resource = '/clients/{client}/token', client = 'orders' } = change
  const path = change.path ?? resource.replace('{client}', client)
  return {
    resource,
    path,
    httpMethod: method,
    headers: {
      Accept: '*/*',
      'Content-Type': 'application/json',
      Host: `${apiId}.execute-api.eu-west-1.amazonaws.com`,
    },
    multiValueHeaders: { Accept: ['*/*'], 'Content-Type': ['application/json'] },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    pathParameters: resource.includes('{client}') ? { client } : null,
    stageVariables: null,
    requestContext: {
      resourceId: 'res123',
      resourcePath: resource,
      httpMethod: method,
      extendedRequestId: 'ext=',
      requestTime: '02/Nov/2026:12:30:00 +0000',
      path: `/prod${path}`,
      accountId: '111111111111',
      protocol: 'HTTP/1.1',
      stage: 'prod',
      domainPrefix: apiId,
      requestTimeEpoch: 1_793_622_600_000,
      requestId: '11111111-2222-4333-8444-555555555555',
      identity: {
        cognitoIdentityPoolId: null,
        accountId: '111111111111',
        cognitoIdentityId: null,
        caller: 'AROAEXAMPLE:session',
        sourceIp: '192.0.2.1',
        principalOrgId: 'o-example',
        accessKey: 'ASIAEXAMPLE',
        cognitoAuthenticationType: null,
        cognitoAuthenticationProvider: null,
        userArn: 'arn:aws:sts::111111111111:assumed-role/deploy/session',
        userAgent: 'curl/8',
        user: 'AROAEXAMPLE:session',
        ...change.identity,
      },
      domainName: `${apiId}.execute-api.eu-west-1.amazonaws.com`,
      deploymentId: 'dep123',
      apiId,
    },
    body: change.body ?? null,
    isBase64Encoded: change.isBase64Encoded ?? false,
  }
}
