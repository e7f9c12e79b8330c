// What somebody could open: policies, code, roles and the stack, each of which leads to everything else.
import { type Ability, type Way, way } from './ability.ts'
import { ACCOUNT, type Deployment, place, roles, secrets } from './deployment.ts'
import type { RequestedCall, Requests } from './requests.ts'

export const openings = (requests: Requests, { functions, template }: Deployment): readonly Ability[] => {
  const { onSecret, onKey, onProofKey, onListKey, onBucket, ask, here, functionArn } = requests
  const group = 'Changes of policies, code and deployment'
  const rotation = functionArn('rotation')
  const rotationRole = functions.get('rotation')?.roleArn ?? ''
  const cdkRole = (name: string) => `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-${name}-role-${ACCOUNT}-${place.region}`
  const apis = template.ofType('AWS::ApiGateway::RestApi').map(({ properties }) => String(properties.$ref))
  const restApi = (id: string) => `arn:aws:apigateway:${place.region}::/restapis/${id}`
  const each = (names: readonly string[], call: (name: string) => RequestedCall): readonly Way[] =>
    names.map((name) => way(name, call(name)))
  const onRole =
    (arn: string) =>
    (name: string): RequestedCall => [ask(`iam:${name}`, arn)]
  const onFunction =
    (arn: string) =>
    (name: string): RequestedCall => [ask(`lambda:${name}`, arn)]
  return [
    {
      id: 'open-secret',
      title: "a secret's policy",
      group,
      ways: [
        way('PutResourcePolicy', [
          onSecret('PutResourcePolicy', secrets.billing, { 'secretsmanager:BlockPublicPolicy': 'true' }),
        ]),
        way('PutResourcePolicy, public', [
          onSecret('PutResourcePolicy', secrets.billing, { 'secretsmanager:BlockPublicPolicy': 'false' }),
        ]),
        way('DeleteResourcePolicy', [onSecret('DeleteResourcePolicy', secrets.billing)]),
      ],
    },
    {
      id: 'open-key',
      title: 'the key, or its policy',
      group,
      ways: [
        ...each(['PutKeyPolicy', 'ScheduleKeyDeletion', 'DisableKey'], (name) => onKey(name)),
        way(
          'CreateGrant',
          onKey('CreateGrant', { 'kms:GrantOperations': ['Decrypt'], 'kms:GrantIsForAWSResource': 'false' }),
        ),
      ],
    },
    {
      id: 'open-proof-key',
      title: 'the key of proofs, or its policy',
      group,
      ways: each(['PutKeyPolicy', 'ScheduleKeyDeletion', 'DisableKey'], onProofKey),
    },
    {
      id: 'open-list-key',
      title: 'the key of the list of revocations, or its policy',
      group,
      ways: each(['PutKeyPolicy', 'ScheduleKeyDeletion', 'DisableKey'], onListKey),
    },
    {
      id: 'open-bucket',
      title: "the bucket's policy",
      group,
      ways: each(['PutBucketPolicy', 'DeleteBucketPolicy'], onBucket),
    },
    {
      id: 'open-bus',
      title: "the bus's policy",
      group,
      // No resource, so that no resource's policy has a say (service authorization reference).
      ways: each(['PutPermission', 'RemovePermission'], (name) => [ask(`events:${name}`, '*')]),
    },
    {
      id: 'open-function',
      title: "a function's policy",
      group,
      ways: each(
        ['AddPermission', 'RemovePermission', 'PutResourcePolicy', 'DeleteResourcePolicy'],
        onFunction(functionArn('clients')),
      ),
    },
    {
      id: 'open-table',
      title: "a table's policy",
      group,
      ways: template
        .ofType('AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable')
        .flatMap(({ properties }) =>
          each(['PutResourcePolicy', 'DeleteResourcePolicy'], (name) => [
            ask(`dynamodb:${name}`, String(properties.$arn)),
          ]),
        ),
    },
    {
      id: 'open-topic',
      title: "the alarm topic's policy",
      group,
      ways: template
        .ofType('AWS::SNS::Topic')
        .flatMap(({ properties }) =>
          each(['SetTopicAttributes', 'AddPermission', 'RemovePermission'], (name) => [
            ask(`sns:${name}`, String(properties.$arn)),
          ]),
        ),
    },
    {
      id: 'open-queue',
      title: "a queue's policy",
      group,
      ways: template
        .ofType('AWS::SQS::Queue')
        .flatMap(({ properties }) =>
          each(['SetQueueAttributes', 'AddPermission', 'RemovePermission'], (name) => [
            ask(`sqs:${name}`, String(properties.$arn)),
          ]),
        ),
    },
    {
      id: 'open-api',
      title: "the vendor's API's policy",
      group,
      // UpdateRestApi is a PATCH and PutRestApi a PUT; a policy in either asks for UpdateRestApiPolicy as well (service authorization
      // reference).
      ways: apis.flatMap((id) => [
        ...each(['PATCH', 'PUT'], (name) => [
          ask(`apigateway:${name}`, restApi(id)),
          ask('apigateway:UpdateRestApiPolicy', restApi(id)),
        ]),
        // It may cease to ask who calls, from the next deployment on. The evaluator does not know a deployment's ARN, so that this much is
        // held to be enough.
        way("a method's authorization", [ask('apigateway:PATCH', `${restApi(id)}/resources/a1b2c3/methods/POST`)]),
      ]),
    },
    {
      id: 'change-code',
      title: "a function's code",
      group,
      ways: each(['UpdateFunctionCode', 'UpdateFunctionConfiguration'], onFunction(rotation)),
    },
    {
      id: 'change-role',
      title: "a function's role",
      group,
      ways: [
        ...each(['PutRolePolicy', 'AttachRolePolicy', 'UpdateAssumeRolePolicy'], onRole(rotationRole)),
        way('PassRole', [
          ask('iam:PassRole', rotationRole, { 'iam:PassedToService': 'lambda.amazonaws.com' }),
          ask('lambda:CreateFunction', here('lambda', 'function:somebody-elses')),
        ]),
      ],
    },
    {
      id: 'deploy',
      title: 'the stack',
      group,
      ways: [
        // CloudFormation goes on with the role that the stack was made with, whoever asks (CloudFormation user guide, service roles).
        way('UpdateStack', [ask('cloudformation:UpdateStack', here('cloudformation', 'stack/m2m-prod/00000000'))]),
        way('AssumeRole', [
          {
            ...ask('sts:AssumeRole', cdkRole('deploy')),
            // As `cdk bootstrap` makes it: the account decides.
            resourcePolicy: {
              Version: '2012-10-17',
              Statement: [
                { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' },
              ],
            },
          },
        ]),
        way('PassRole', [
          ask('iam:PassRole', cdkRole('cfn-exec'), { 'iam:PassedToService': 'cloudformation.amazonaws.com' }),
          ask('cloudformation:CreateStack', here('cloudformation', 'stack/somebody-elses/00000000')),
        ]),
      ],
    },
    {
      id: 'become-reader',
      title: "a reader's role",
      group,
      ways: each(['UpdateAssumeRolePolicy'], onRole(roles.billingJob)),
    },
  ]
}
