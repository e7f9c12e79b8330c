// What CloudFormation and AWS do with a kind of resource: which property names it and within what bounds, what its ARN looks like, what
// it replaces for, and whether it holds what cannot be made again. Read by the resolver and by the rules on names and upgrades.
// Sources: each type's page of the CloudFormation template reference ("Update requires: Replacement", "Return values") and, for the
// lengths, the page of the API call that creates it.

export interface Kind {
  /** The property that fixes the physical name. */
  readonly name?: string
  /** `{n}` is the name, `{p}`, `{r}` and `{a}` partition, Region and account. */
  readonly arn?: string
  /** What Ref returns; `id`: one that AWS makes up, whatever the resource is called. @default - the name */
  readonly ref?: 'arn' | 'url' | 'id'
  readonly longestName?: number
  /** Within what a name must be unique. @default - the account's Region */
  readonly unique?: 'account' | 'world' | 'owner' | 'never'
  /** Properties beside the name for which CloudFormation makes another resource. */
  readonly replacedFor?: readonly string[]
  /** Its loss loses what nobody can make again. */
  readonly holdsData?: boolean
  /**
   * The properties that say what it configures. Two of them for one subject are one setting: deleting the old one, which comes last,
   * undoes the new.
   */
  readonly subject?: readonly string[]
}

export const kinds: Readonly<Record<string, Kind>> = {
  'AWS::ApiGateway::Account': { subject: [] },
  'AWS::ApiGateway::RestApi': { name: 'Name', ref: 'id', longestName: 1024, unique: 'never' },
  'AWS::ApiGatewayV2::Api': { name: 'Name', ref: 'id', longestName: 128, unique: 'never' },
  'AWS::ApiGateway::Stage': { name: 'StageName', longestName: 128, unique: 'owner' },
  'AWS::ApiGatewayV2::Stage': { name: 'StageName', longestName: 128, unique: 'owner' },
  'AWS::CloudWatch::Alarm': { name: 'AlarmName', arn: 'arn:{p}:cloudwatch:{r}:{a}:alarm:{n}', longestName: 255 },
  'AWS::CloudWatch::Dashboard': { name: 'DashboardName', longestName: 255, unique: 'account' },
  'AWS::DynamoDB::GlobalTable': {
    name: 'TableName',
    arn: 'arn:{p}:dynamodb:{r}:{a}:table/{n}',
    longestName: 255,
    replacedFor: ['KeySchema', 'LocalSecondaryIndexes'],
    holdsData: true,
  },
  'AWS::DynamoDB::Table': {
    name: 'TableName',
    arn: 'arn:{p}:dynamodb:{r}:{a}:table/{n}',
    longestName: 255,
    replacedFor: ['KeySchema', 'LocalSecondaryIndexes'],
    holdsData: true,
  },
  'AWS::Events::Archive': { name: 'ArchiveName', arn: 'arn:{p}:events:{r}:{a}:archive/{n}', longestName: 48 },
  'AWS::Events::EventBus': { name: 'Name', arn: 'arn:{p}:events:{r}:{a}:event-bus/{n}', longestName: 256 },
  // Its physical id is the statement's id alone, without the bus (aws-cdk#8010, #28520, #29627).
  'AWS::Events::EventBusPolicy': { name: 'StatementId', longestName: 64, replacedFor: ['EventBusName'] },
  'AWS::Events::Rule': {
    name: 'Name',
    arn: 'arn:{p}:events:{r}:{a}:rule/{n}',
    longestName: 64,
    replacedFor: ['EventBusName'],
  },
  'AWS::IAM::ManagedPolicy': {
    name: 'ManagedPolicyName',
    arn: 'arn:{p}:iam::{a}:policy/{n}',
    ref: 'arn',
    longestName: 128,
    unique: 'account',
    replacedFor: ['Path', 'Description'],
  },
  'AWS::IAM::Policy': { longestName: 128, subject: ['PolicyName', 'Roles'] },
  'AWS::IAM::Role': {
    name: 'RoleName',
    arn: 'arn:{p}:iam::{a}:role/{n}',
    longestName: 64,
    unique: 'account',
    replacedFor: ['Path'],
  },
  'AWS::KMS::Alias': { name: 'AliasName', longestName: 256 },
  'AWS::KMS::Key': {
    arn: 'arn:{p}:kms:{r}:{a}:key/{n}',
    replacedFor: ['KeySpec', 'KeyUsage', 'MultiRegion', 'Origin'],
    holdsData: true,
  },
  'AWS::Lambda::Alias': { name: 'Name', ref: 'arn', longestName: 128, unique: 'owner', replacedFor: ['FunctionName'] },
  'AWS::Lambda::EventInvokeConfig': {
    subject: ['FunctionName', 'Qualifier'],
    replacedFor: ['FunctionName', 'Qualifier'],
  },
  'AWS::Lambda::Function': {
    name: 'FunctionName',
    arn: 'arn:{p}:lambda:{r}:{a}:function:{n}',
    longestName: 64,
    replacedFor: ['PackageType'],
  },
  'AWS::Lambda::ResourcePolicy': { subject: ['ResourceArn'], replacedFor: ['ResourceArn'] },
  'AWS::Logs::LogGroup': {
    name: 'LogGroupName',
    arn: 'arn:{p}:logs:{r}:{a}:log-group:{n}:*',
    longestName: 512,
    holdsData: true,
  },
  'AWS::Logs::ResourcePolicy': { name: 'PolicyName', longestName: 255 },
  'AWS::S3::Bucket': {
    name: 'BucketName',
    arn: 'arn:{p}:s3:::{n}',
    longestName: 63,
    unique: 'world',
    holdsData: true,
  },
  'AWS::S3::BucketPolicy': { subject: ['Bucket'], replacedFor: ['Bucket'] },
  'AWS::SNS::Subscription': {
    subject: ['TopicArn', 'Protocol', 'Endpoint'],
    replacedFor: ['TopicArn', 'Protocol', 'Endpoint'],
  },
  'AWS::SNS::Topic': { name: 'TopicName', arn: 'arn:{p}:sns:{r}:{a}:{n}', ref: 'arn', longestName: 256 },
  'AWS::SNS::TopicPolicy': { subject: ['Topics'] },
  'AWS::SQS::Queue': {
    name: 'QueueName',
    arn: 'arn:{p}:sqs:{r}:{a}:{n}',
    ref: 'url',
    longestName: 80,
    replacedFor: ['FifoQueue'],
    holdsData: true,
  },
  'AWS::SQS::QueuePolicy': { subject: ['Queues'] },
  'AWS::SSM::Parameter': { name: 'Name', arn: 'arn:{p}:ssm:{r}:{a}:parameter/{n}', longestName: 1011 },
  'AWS::Scheduler::Schedule': {
    name: 'Name',
    arn: 'arn:{p}:scheduler:{r}:{a}:schedule/default/{n}',
    longestName: 64,
    replacedFor: ['GroupName'],
  },
  'AWS::SecretsManager::ResourcePolicy': { subject: ['SecretId'], replacedFor: ['SecretId'] },
  'AWS::SecretsManager::RotationSchedule': { subject: ['SecretId'], replacedFor: ['SecretId'] },
  'AWS::SecretsManager::Secret': {
    name: 'Name',
    arn: 'arn:{p}:secretsmanager:{r}:{a}:secret:{n}-AbCdEf',
    ref: 'arn',
    longestName: 512,
    holdsData: true,
  },
  'Custom::M2mClient': { name: 'SecretName', longestName: 512, holdsData: true },
}

export const kindOf = (type: string): Kind => kinds[type] ?? {}
